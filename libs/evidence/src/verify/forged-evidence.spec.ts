import { type CloudEvent, legDelivered, legRead, requestSubmitted } from '#libs/contracts';
import { EvidenceWorkshop, type Forgery, newParty, TestLog } from '#libs/testing';
import { parseAddCheckpoint, parseNote, serialiseAddCheckpoint, serialiseNote } from '#libs/transparency-log';
import { makePack, type PackParts, verifyPack, writePack } from '../index.js';

type Parts = Omit<PackParts, 'summaries'>;

jest.setTimeout(60_000);

let workshop: EvidenceWorkshop;

beforeEach(async () => {
  workshop = await EvidenceWorkshop.open();
});

const failedRules = async (parts: Parts) => {
  const { checks, holds, facts } = await verifyPack(writePack({ ...parts, summaries: new Map() }), workshop);
  expect([holds, facts]).toEqual([false, undefined]);
  return [...new Set(checks.filter((check) => !check.holds).map(({ rule }) => rule))];
};
const afterForgery = async (forgery: Forgery) => failedRules(await workshop.parts(forgery));
const inHeader = (type: string, changed: Record<string, unknown>) => (event: CloudEvent) =>
  event.type === type ? { ...event, data: { ...event.data, header: { ...event.data.header, ...changed } } } : event;

describe('forged envelopes', () => {
  it('refuses one under a key that nobody registered', async () => {
    const stranger = await newParty('urn:serai:participant:iq');
    const rules = await afterForgery({ signedBy: (type) => (type === legDelivered.type ? stranger : undefined) });
    expect(rules).toEqual(['key-valid-at-time']);
  });

  it('refuses a delivery that the hub states in the name of the recipient', async () => {
    const { requests } = workshop.community;
    const rules = await afterForgery({ signedBy: (type) => (type === legDelivered.type ? requests : undefined) });
    expect(rules).toEqual(['envelope-signature']);
  });

  it('refuses a delivery of another request, and one that the sender states itself', async () => {
    const submission = 'hF4wRIgJ4ryJWOsCW_x5UjXROwd6U9DDq70jhRcNybg';
    expect(await afterForgery({ changed: inHeader(legDelivered.type, { submission }) })).toEqual([
      'delivery-statement',
    ]);
    const { rs } = workshop.community;
    const bySender = (event: CloudEvent) =>
      event.type === legDelivered.type ? { ...event, source: rs.urn, producerseq: '2' } : event;
    workshop = await EvidenceWorkshop.open();
    const own = workshop.community.rs;
    const rules = await afterForgery({
      changed: bySender,
      signedBy: (type) => (type === legDelivered.type ? own : undefined),
    });
    expect(rules).toContain('delivery-statement');
  });

  it('refuses a read statement from another desk', async () => {
    const sender = { participant: 'urn:serai:participant:iq', desk: 'urn:serai:desk:iq:other' };
    expect(await afterForgery({ changed: inHeader(legRead.type, { sender }) })).toEqual(['read-statement']);
  });

  it('refuses the envelope of another leg', async () => {
    const other = '01890000-0000-7000-8000-00000000abcd';
    const changed = (event: CloudEvent) =>
      event.type === legRead.type ? { ...inHeader(legRead.type, { legId: other })(event), subject: other } : event;
    expect(await afterForgery({ changed })).toContain('envelope-of-leg');
    workshop = await EvidenceWorkshop.open();
    expect(await afterForgery({ changed: inHeader(legRead.type, { legId: other }) })).toEqual(['envelope-of-leg']);
  });

  it('refuses one number for two envelopes of a producer, and a neighbour that names another', async () => {
    const numbered = (producerseq: string) => (event: CloudEvent) =>
      event.type === legRead.type ? { ...event, producerseq } : event;
    expect(await afterForgery({ changed: numbered('1') })).toContain('producer-chain');
    workshop = await EvidenceWorkshop.open();
    const producerprev = 'hF4wRIgJ4ryJWOsCW_x5UjXROwd6U9DDq70jhRcNybg';
    const changed = (event: CloudEvent) => (event.type === legRead.type ? { ...event, producerprev } : event);
    expect(await afterForgery({ changed })).toEqual(['producer-chain']);
  });
});

describe('keys and times', () => {
  const statusOf = (status: string, effectiveFrom: string) => ({
    kind: 'key-status-changed',
    kid: workshop.community.iq.signer.kid,
    status,
    effectiveFrom,
  });

  it.each([
    ['retired before', 'RETIRED', '2026-11-22T03:12:00.000Z', ['key-valid-at-time']],
    ['retired after', 'RETIRED', '2026-11-22T03:12:30.000Z', []],
    ['compromised before', 'COMPROMISED', '2026-11-22T03:12:00.000Z', ['key-valid-at-time']],
    ['compromised before the witnesses saw it', 'COMPROMISED', '2026-11-22T03:13:30.000Z', ['key-valid-at-time']],
    ['compromised after', 'COMPROMISED', '2026-11-22T03:30:00.000Z', []],
  ])('judges a key that was %s', async (_when, status, from, rules) => {
    const parts = await workshop.parts();
    await workshop.community.add(statusOf(status, from));
    const statement = await workshop.community.statement(EvidenceWorkshop.at(4_000));
    const later = { ...parts, directory: { changes: workshop.community.changes, statement } };
    if (rules.length > 0) expect(await failedRules(later)).toEqual(rules);
    else expect((await verifyPack(await makePack(later, workshop), workshop)).holds).toBe(true);
  });

  it('refuses what a suspended participant signed', async () => {
    const participant = { id: 'urn:serai:participant:iq', type: 'SUSPENDED', name: 'Iraq (invented)', routeRoles: [] };
    await workshop.community.add({
      kind: 'participant-admitted',
      participant,
      effectiveFrom: '2026-11-22T03:12:00.000Z',
    });
    expect(await afterForgery({})).toEqual(['key-valid-at-time']);
  });

  it('refuses a time of acceptance that the witnesses contradict', async () => {
    const recorded = <R extends { type?: string; acceptedAt: string }>(record: R): R =>
      record.type === legRead.type ? { ...record, acceptedAt: '2026-11-22T03:25:00.000Z' } : record;
    expect(await afterForgery({ recorded })).toContain('accepted-time');
  });

  it('refuses a directory that stops before the messages, or is said to be longer or another', async () => {
    const parts = await workshop.parts();
    const withStatement = async (statement: string) =>
      failedRules({ ...parts, directory: { ...parts.directory, statement } });
    const { community } = workshop;
    expect(await withStatement(await community.statement(EvidenceWorkshop.at(-700)))).toEqual(['directory-statement']);
    const at = EvidenceWorkshop.at(180);
    expect(await withStatement(await community.statement(at, { version: 99 }))).toEqual(['directory-statement']);
    const head = 'hF4wRIgJ4ryJWOsCW_x5UjXROwd6U9DDq70jhRcNybg';
    expect(await withStatement(await community.statement(at, { head }))).toEqual(['directory-statement']);
    expect(await withStatement(parts.messages[0]!.envelope)).toEqual(['directory-statement']);
  });

  it('refuses a directory without its last change, or with changes in another order', async () => {
    const parts = await workshop.parts();
    const { changes, statement } = parts.directory;
    const withChanges = (some: typeof changes) => failedRules({ ...parts, directory: { changes: some, statement } });
    expect((await withChanges(changes.slice(0, -1)))[0]).toBe('checkpoint-signature');
    expect(await withChanges([...changes].reverse())).toEqual(['directory-chain']);
    expect(await withChanges([...changes, changes[0]!])).toEqual(['directory-chain']);
  });
});

describe('forged receipts', () => {
  it('refuses one that the gateway did not sign, and one for another envelope', async () => {
    const parts = await workshop.parts();
    const [first, second, ...others] = parts.messages;
    const delivery = others[0]!;
    const withReceipt = (receipt: string) =>
      failedRules({ ...parts, messages: [{ ...first!, receipt }, second!, ...others] });
    expect(await withReceipt(delivery.receipt!)).toEqual(['receipt-signature']);
    expect(await withReceipt(first!.envelope)).toEqual(['receipt-signature']);
    const event = JSON.parse(Buffer.from(first!.envelope.split('.')[1]!, 'base64url').toString()) as CloudEvent;
    const signed = { jws: first!.envelope, sha256: first!.opening.record.messageHash, event };
    const other = { ...signed, sha256: delivery.opening.record.messageHash };
    expect(await withReceipt(await workshop.receiptFor(other, '2026-11-22T03:12:01.000Z'))).toEqual([
      'receipt-signature',
    ]);
    const { rs } = workshop.community;
    expect(await withReceipt(await workshop.receiptFor(signed, '2026-11-22T03:12:01.000Z', rs))).toEqual([
      'receipt-signature',
    ]);
  });
});

describe('forged logs', () => {
  /** The parts with the newest checkpoint, and the proofs under it, replaced. */
  const underAnother = async (cosigners: Partial<Parameters<TestLog['checkpoint']>[1]>, log = workshop.log) => {
    const parts = await workshop.parts();
    const { size } = workshop.log;
    if (log !== workshop.log) for (const entry of workshop.log.entries) log.append(entry);
    const at = EvidenceWorkshop.at(120);
    const note = log.checkpoint(size, { witnesses: log.witnesses.slice(0, 3), at, ...cosigners });
    const messages = await Promise.all(
      parts.messages.map(async (message) => ({
        ...message,
        proof: await log.proof(message.opening.index, note, size),
      })),
    );
    return { ...parts, messages, logs: [{ checkpoint: serialiseNote(note), consistency: [] }] };
  };

  it('accepts all messages under one checkpoint', async () => {
    expect((await verifyPack(await makePack(await underAnother({}), workshop), workshop)).holds).toBe(true);
  });

  it('refuses another key of the log, and another log', async () => {
    const log = new TestLog('other.example/audit/2026').key;
    expect(await failedRules(await underAnother({ log }))).toEqual(['checkpoint-signature']);
    workshop = await EvidenceWorkshop.open();
    const other = new TestLog('other.example/audit/2026');
    expect(await failedRules(await underAnother({}, other))).toEqual(['checkpoint-signature']);
  });

  it('refuses too few witnesses, one witness named three times, strangers, and a policy that was not in force', async () => {
    const [rs, iq] = workshop.log.witnesses;
    const strangers = new TestLog('x', ['aa', 'bb', 'cc', 'dd']).witnesses;
    for (const witnesses of [[], [rs!, iq!], [rs!, rs!, rs!], [rs!, iq!, iq!], strangers]) {
      expect(await failedRules(await underAnother({ witnesses }))).toEqual(['witness-quorum']);
      workshop = await EvidenceWorkshop.open();
    }
    const before = new Date('2025-12-31T00:00:00.000Z');
    expect(await failedRules(await underAnother({ at: before }))).toEqual(['witness-quorum']);
  });

  it('lets a policy say who the witnesses are from its date on, and not before', async () => {
    const successors = new TestLog(workshop.log.origin, ['aa', 'bb', 'cc', 'dd']);
    const policy = successors.policyText();
    const added = async (effectiveFrom: string) =>
      workshop.community.add({ kind: 'log-policy-set', policy, effectiveFrom });
    await added('2026-11-22T03:13:30.000Z');
    const { witnesses } = successors;
    expect(await failedRules(await underAnother({ at: EvidenceWorkshop.at(80), witnesses }))).toEqual([
      'witness-quorum',
    ]);
    expect(await failedRules(await underAnother({ at: EvidenceWorkshop.at(100) }))).toEqual(['witness-quorum']);
    const honest = await underAnother({ at: EvidenceWorkshop.at(100), witnesses });
    expect((await verifyPack(await makePack(honest, workshop), workshop)).holds).toBe(true);
  });

  it('refuses the leaf of another index', async () => {
    const parts = await workshop.parts();
    const [first, ...others] = parts.messages;
    const opening = { ...first!.opening, index: first!.opening.index + 1 };
    expect(await failedRules({ ...parts, messages: [{ ...first!, opening }, ...others] })).toEqual(['inclusion']);
    const salt = Buffer.alloc(32);
    const salted = { ...first!, opening: { ...first!.opening, salt } };
    expect(await failedRules({ ...parts, messages: [salted, ...others] })).toEqual(['inclusion']);
  });

  it('refuses a proof that names another index than its leaf has, even where its hashes are good', async () => {
    const parts = await workshop.parts();
    const [first, ...others] = parts.messages;
    const proof = Buffer.from(
      Buffer.from(first!.proof).toString().replace(`index ${first!.opening.index}\n`, 'index 999\n'),
    );
    expect(await failedRules({ ...parts, messages: [{ ...first!, proof }, ...others] })).toEqual(['inclusion']);
  });

  it('refuses a record that describes its envelope wrongly', async () => {
    for (const wrong of [
      { id: workshop.leg },
      { producerSequence: '7' },
      { topic: 'requests.events' },
      { producer: 'urn:serai:participant:tr' },
    ]) {
      const recorded = <R extends { type?: string }>(record: R) =>
        record.type === requestSubmitted.type ? { ...record, ...wrong } : record;
      expect((await afterForgery({ recorded }))[0]).toBe('leaf-opening');
      workshop = await EvidenceWorkshop.open();
    }
  });

  it('refuses two records at one place of a partition, or against its order', async () => {
    const recorded = <R extends { type?: string; offset: string }>(record: R) =>
      record.type === legRead.type ? { ...record, offset: '0' } : record;
    expect(await afterForgery({ recorded })).toEqual(['log-order']);
  });

  it('refuses a log that shows two histories', async () => {
    const parts = await workshop.parts();
    const rewritten = new TestLog(workshop.log.origin);
    rewritten.appendOthers(workshop.log.size);
    const newest = rewritten.checkpoint(rewritten.size, {
      witnesses: rewritten.witnesses,
      at: EvidenceWorkshop.at(120),
    });
    const [log] = parts.logs;
    const consistency = log!.consistency.map((request) => {
      const size = Number(/^old (\d+)/.exec(Buffer.from(request).toString())![1]);
      return rewritten.consistency(size, rewritten.size, newest);
    });
    const logs = [{ checkpoint: serialiseNote(newest), consistency: await Promise.all(consistency) }];
    expect(await failedRules({ ...parts, logs })).toEqual(['consistency']);
    const stale = { checkpoint: log!.checkpoint, consistency: await Promise.all(consistency) };
    expect(await failedRules({ ...parts, logs: [stale] })).toEqual(['consistency']);
  });

  it('refuses a consistency proof whose hashes were changed, and a newest checkpoint that is not the newest', async () => {
    const parts = await workshop.parts();
    const [log] = parts.logs;
    const newest = parseNote(log!.checkpoint);
    const { oldSize, proof } = parseAddCheckpoint(log!.consistency[0]!);
    const damaged = [Buffer.alloc(32), ...proof.slice(1)];
    for (const hashes of [damaged, proof.slice(1), [...proof, Buffer.alloc(32)]]) {
      const request = serialiseAddCheckpoint({ oldSize, proof: hashes, checkpoint: newest });
      expect(await failedRules({ ...parts, logs: [{ ...log!, consistency: [request] }] })).toEqual(['consistency']);
    }
    const wrong = serialiseAddCheckpoint({ oldSize: 1, proof: [Buffer.alloc(32)], checkpoint: newest });
    expect(await failedRules({ ...parts, logs: [{ ...log!, consistency: [wrong] }] })).toEqual(['consistency']);
    const old = workshop.log.checkpoint(5, { witnesses: workshop.log.witnesses, at: EvidenceWorkshop.at(120) });
    const logs = [{ checkpoint: serialiseNote(old), consistency: [] }];
    expect(await failedRules({ ...parts, logs })).toEqual(['consistency']);
    expect(await failedRules({ ...parts, logs: [log!, log!] })).toEqual(['checkpoint-signature']);
    expect(await failedRules({ ...parts, logs: [] })).toEqual(['consistency']);
  });
});

describe(makePack.name, () => {
  it('gives the same bytes for the same parts, in whichever order', async () => {
    const parts = await workshop.parts();
    const other = { ...parts, messages: [...parts.messages].reverse() };
    expect((await makePack(parts, workshop)).equals(await makePack(other, workshop))).toBe(true);
  });

  it('refuses to make a pack that nobody would believe, and says why', async () => {
    const parts = await workshop.parts();
    await expect(makePack({ ...parts, messages: parts.messages.slice(1) }, workshop)).rejects.toMatchObject({
      code: 'ERR_EVIDENCE_RULE',
      message: expect.stringContaining('leg-history') as string,
    });
  });
});
