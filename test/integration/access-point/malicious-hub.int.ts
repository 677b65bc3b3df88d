import { generateKeyPairSync } from 'node:crypto';
import {
  type CloudEvent,
  type FeedEntry,
  feedDisputed,
  type LegHeader,
  type LegState,
  type LegView,
  type LogView,
  legDelivered,
  requestWithdrawn,
  type SubmittedRequest,
  serviceUrnOf,
} from '#libs/contracts';
import { decryptContent, hashOf, signerFromJwk } from '#libs/envelope';
import { eventually, failOnLeaks } from '#libs/testing';
import { LogMonitor } from '../../../apps/access-point/src/monitor/log-monitor.js';
import { OwnMessages } from '../../../apps/access-point/src/monitor/own-messages.js';
import { AccessPoint, type OfficerClient } from './support/access-point.js';
import { keyChange, urnOf } from './support/community.js';
import { findWords } from './support/find-words.js';
import { ForeignSender } from './support/foreign-sender.js';
import { HubDouble, type Taken } from './support/hub-double.js';
import { LogDouble } from './support/log-double.js';
import { LogScene } from './support/log-scene.js';
import { PLANTED, requestTo } from './support/request-body.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(60_000);

const [RS, IQ] = [urnOf('rs'), urnOf('iq')];
const PATIENCE = { timeoutMs: 20_000 };

/** The hub has every key that the hub has: of its services and of the log. It has none of a participant, a witness or a chair, but those that are said to help it. */
let world: World<'rs' | 'iq'>;
let hub: HubDouble;
let rs: AccessPoint;
let iq: AccessPoint;
let milica: OfficerClient;
let karim: OfficerClient;
let scene: LogScene;

beforeAll(async () => {
  world = await buildWorld(['rs', 'iq']);
  hub = world.hub;
  ({ rs, iq } = world.accessPoints);
  milica = rs.officer('NCC_SUPERVISOR');
  karim = iq.officer('NCC_SUPERVISOR');
  scene = new LogScene(world, rs);
});
beforeEach(() => {
  hub.decides = true;
});
afterEach(acknowledgeAll);
afterAll(() => world?.end());
failOnLeaks();

const serviceKey = (name: 'gateway' | 'requests') => world.community.keystore(serviceUrnOf(name)).signer();
const openAlarms = async (accessPoint: AccessPoint) =>
  (await accessPoint.officer('NCC_SUPERVISOR').get<LogView>('/v1/log')).body.alarms.filter(
    ({ acknowledged }) => acknowledged === undefined,
  );
const kinds = async (accessPoint: AccessPoint) => (await openAlarms(accessPoint)).map(({ kind }) => kind);

async function acknowledgeAll(): Promise<void> {
  for (const { alarmId } of await openAlarms(rs))
    await milica.post(`/v1/log/alarms/${alarmId}/acknowledge`, { reason: 'Looked into by the test.' });
}

/** A request of Serbia to Iraq that the gateway took. */
async function sent(): Promise<Taken> {
  const { body } = await milica.post<SubmittedRequest>('/v1/requests', requestTo(['iq']));
  const { envelopeId } = body.legs[0]!;
  return eventually(() => {
    const taken = hub.taken.find(({ event }) => event.id === envelopeId);
    if (taken === undefined) throw new Error('not sent yet');
    return taken;
  });
}

async function delivered(): Promise<Taken> {
  const taken = await sent();
  await eventually(async () => expect(await statusOf(milica, taken)).toBe('DELIVERED'), PATIENCE);
  return taken;
}

const statusOf = async (officer: OfficerClient, { event }: Taken): Promise<string | undefined> =>
  (await officer.get<LegView>(`/v1/legs/${event.subject}`)).body.status;

/** Serves an event of the hub to one access point, and says why it has set it aside. */
const codesAt = (accessPoint: AccessPoint, event: string, cause?: string): Promise<string[]> =>
  codesAfter(accessPoint, () => hub.services.publish([urnOf(accessPoint.member)], event, cause));

async function codesAfter(accessPoint: AccessPoint, serve: () => Promise<void> | void): Promise<string[]> {
  const [before] = await accessPoint.query<{ last: string }>(
    'select coalesce(max(sequence), 0) as last from quarantined_entry',
  );
  const participant = urnOf(accessPoint.member);
  await serve();
  await eventually(async () => {
    const [cursor] = await accessPoint.query<{ sequence: string }>('select sequence from feed_cursor');
    expect(Number(cursor?.sequence)).toBe(hub.services.feedOf(participant).length);
  }, PATIENCE);
  const rows = await accessPoint.query<{ code: string }>(
    'select code from quarantined_entry where sequence > $1 order by sequence',
    [before!.last],
  );
  return rows.map(({ code }) => code);
}

/** That an envelope was accepted, as the service says it, with whatever the hub wants. */
async function accepted(taken: Taken, leg: LegState): Promise<string> {
  return (await hub.services.accepted(taken, leg, { header: { audience: [RS, IQ] } })).jws;
}

/** A history that leaves the one that was followed at its third leaf. */
const rewritten = (size: number) => new LogDouble(world.community.log.signer, 'ab'.padEnd(size, 'X'));

async function addCheckpoint(accessPoint: AccessPoint, body: Buffer): Promise<number> {
  const answer = await fetch(`${await accessPoint.url()}/witness/add-checkpoint`, { method: 'POST', body });
  await answer.arrayBuffer();
  return answer.status;
}

describe('a malicious hub is found out without its help when it', () => {
  it('edits the payload of a message: its sender has signed other bytes', async () => {
    hub.decides = false;
    const { jws, event } = await sent();
    const [head, payload, signature] = jws.split('.') as [string, string, string];
    const text = Buffer.from(payload, 'base64url').toString().replace('"handling":"H1"', '"handling":"H3"');
    const edited = {
      jws: [head, Buffer.from(text).toString('base64url'), signature].join('.'),
      event: JSON.parse(text) as CloudEvent,
    };
    expect(edited.jws).not.toBe(jws);
    const leg = hub.services.legs.move(edited.event)!;
    expect(await codesAt(iq, await accepted(edited, leg), edited.jws)).toEqual(['ERR_ENVELOPE_SIGNATURE']);
    expect((await karim.get(`/v1/legs/${event.subject}`)).status).toBe(404);
    expect(
      hub.taken.some((taken) => taken.event.type === legDelivered.type && taken.event.subject === event.subject),
    ).toBe(false);
  });

  it('deletes a row of the log, whoever helps it: the log has become smaller', async () => {
    scene.log.grow('defg');
    await scene.publish();
    await scene.publish(new LogDouble(world.community.log.signer, 'abdefg'));
    expect(await kinds(rs)).toEqual(['ROLLBACK']);
    await scene.publish(rewritten(scene.log.size + 3));
    expect(await kinds(rs)).toContain('FORK');
  });

  it('rewrites the end of the log and hashes it again: neither access point nor witness goes along', async () => {
    await scene.publish();
    expect(await addCheckpoint(rs, await scene.log.request(0))).toBe(200);
    const fork = rewritten(scene.log.size + 5);
    await scene.publish(fork);
    expect(await kinds(rs)).toEqual(['FORK']);
    expect(await addCheckpoint(rs, await fork.request(scene.log.size))).toBe(422);
    const [head] = await rs.query<{ size: string }>('select size from witness_head');
    expect(Number(head?.size)).toBe(scene.log.size);
  });

  it('shows two participants two logs: one of them has too few witnesses, and each witness keeps to one', async () => {
    const face = await new HubDouble(world.community).start();
    const tr = await AccessPoint.prepare('tr', { community: world.community, hub: face, idp: world.idp });
    try {
      await tr.start();
      await tr.whenReady();
      const seen = scene.log.size;
      scene.log.grow('hij');
      const other = rewritten(scene.log.size);
      expect(await addCheckpoint(rs, await scene.log.request(seen))).toBe(200);
      await scene.publish(scene.log, ['rs', 'bg', 'iq']);
      expect(await kinds(rs)).toEqual([]);
      // Turkey's witness has seen neither, and takes what it is shown; Iraq's helps the hub and signs both.
      expect(await addCheckpoint(tr, await other.request(0))).toBe(200);
      face.log = await scene.published(other, ['tr', 'iq']);
      await tr.instance.get(LogMonitor).look();
      expect(await kinds(tr)).toEqual(['UNVERIFIABLE']);
      // The one that is missing to the quorum is an honest one.
      expect(await addCheckpoint(rs, await other.request(0))).toBe(409);
      expect(await kinds(rs)).toEqual(['FORK']);
      expect(await addCheckpoint(tr, await scene.log.request(other.size))).toBe(409);
      expect(await kinds(tr)).toEqual(expect.arrayContaining(['FORK']));
    } finally {
      await tr.dispose();
      await face.stop();
    }
  });

  it('drops a withdrawal from the feed: nothing behind the hole has an effect, and the hole is reported', async () => {
    const request = await delivered();
    const isWithdrawal = ({ cause = '' }: FeedEntry) =>
      Buffer.from(cause.split('.')[1] ?? '', 'base64url').includes(requestWithdrawn.type);
    hub.feedFilter = (entries) => entries.filter((entry) => !isWithdrawal(entry));
    const reason = { reason: { language: 'en', text: 'No longer needed, says a test.' } };
    expect((await milica.post(`/v1/legs/${request.event.subject}/withdraw`, reason)).status).toBe(202);
    await eventually(() => expect(hub.services.legs.get(request.event.subject).status).toBe('WITHDRAWN'), PATIENCE);
    const behind = await sent();
    const reports = () =>
      hub.taken
        .filter(({ event }) => event.type === feedDisputed.type && event.source === IQ)
        .map(({ event }) => event.data.header);
    await eventually(() => expect(reports()).toMatchObject([{ fault: 'GAP' }]), PATIENCE);
    expect((await karim.get(`/v1/legs/${behind.event.subject}`)).status).toBe(404);
    expect((await (await fetch(`${await iq.url()}/readyz`)).json()) as object).toMatchObject({ ready: false });
    hub.feedFilter = (entries) => entries;
    await eventually(async () => expect(await statusOf(karim, request)).toBe('WITHDRAWN'), PATIENCE);
    await eventually(async () => expect(await statusOf(milica, behind)).toBe('DELIVERED'), PATIENCE);
  });

  it('replays an old message: what was withdrawn stays withdrawn', async () => {
    const request = await delivered();
    const old = hub.services.feedOf(IQ).find(({ cause }) => cause === request.jws)!;
    const leg = { ...hub.services.legs.get(request.event.subject), version: 99, status: 'SUBMITTED' as const };
    const reason = { reason: { language: 'en', text: 'No longer needed, says a test.' } };
    await milica.post(`/v1/legs/${request.event.subject}/withdraw`, reason);
    await eventually(async () => expect(await statusOf(karim, request)).toBe('WITHDRAWN'), PATIENCE);
    expect(await codesAt(iq, old.event, old.cause)).toEqual([]);
    expect(await codesAt(iq, await accepted(request, leg), request.jws)).toEqual(['ERR_ENVELOPE_CONFLICT']);
    expect(await statusOf(karim, request)).toBe('WITHDRAWN');
  });

  it('holds a message back behind its receipt: its sender misses it in the log', async () => {
    hub.decides = false;
    const held = await sent();
    const received = `update outgoing_envelope set received_at = received_at - interval '16 minutes'
      where envelope_id = $1 and received_at is not null returning 1`;
    await eventually(async () => {
      const [rows] = await rs.database.dataSource.query(received, [held.event.id]);
      expect(rows).toHaveLength(1);
    });
    // Those before it have been found.
    await rs.query(
      `insert into logged_message (id, producer_sequence) values (1, $1)
       on conflict (id) do update set producer_sequence = excluded.producer_sequence`,
      [Number(held.event.producerseq) - 1],
    );
    await scene.publish();
    await rs.instance.get(OwnMessages).check(new AbortController().signal);
    expect(await openAlarms(rs)).toMatchObject([
      { kind: 'MESSAGE_MISSING', finding: expect.stringContaining(held.event.id) as string },
    ]);
    expect(await statusOf(milica, held)).not.toBe('DELIVERED');
  });

  it('forges the receipt of a delivery: only the recipient can sign it', async () => {
    hub.decides = false;
    const request = await sent();
    const leg = hub.services.legs.move(request.event)!;
    expect(await codesAt(rs, await accepted(request, leg), request.jws)).toEqual([]);
    const { sender, recipient, ...names } = request.event.data.header as LegHeader;
    const { requestId, legId } = names;
    const header = {
      requestId,
      legId,
      sender: { participant: IQ, desk: recipient.desk },
      recipient: { participant: RS, desk: sender.desk },
    };
    const data = { header: { ...header, submission: hashOf(request.jws) } };
    const draft = { source: IQ, type: legDelivered.type, subject: legId, data };
    const forged = await world.community.sign(draft, { signer: serviceKey('requests') });
    const state = { ...leg, version: 2, status: 'DELIVERED' as const, deliveredAt: new Date().toISOString() };
    expect(await codesAt(rs, await accepted(forged, state), forged.jws)).toEqual(['ERR_ENVELOPE_SOURCE']);
    expect(await statusOf(milica, request)).toBe('SUBMITTED');
  });

  it('adds a key of its own to the directory: the chairs have not signed it, and what it signs is not believed', async () => {
    const pair = generateKeyPairSync('ed25519');
    const { kty, crv, x } = pair.publicKey.export({ format: 'jwk' });
    const rogue = await signerFromJwk(pair.privateKey.export({ format: 'jwk' }) as never);
    const change = await world.community.signedByChairs(
      keyChange(RS, { use: 'sig', jwk: { kty, crv, x } as never }),
      1,
    );
    const { version } = world.community.directory;
    const announce = () => hub.services.publishChange([IQ], change, version + 1);
    expect(await codesAfter(iq, announce)).toEqual(['ERR_TRUST_SNAPSHOT']);
    const envelope = await new ForeignSender(world.community, 'rs', 'iq').request({ signer: rogue });
    const leg = hub.services.legs.move(envelope.event)!;
    expect(await codesAt(iq, await accepted(envelope, leg), envelope.jws)).toEqual(['ERR_TRUST_UNKNOWN_KEY']);
    const { body } = await karim.get<{ version: number }>('/v1/directory/changes');
    expect(body.version).toBe(version);
  });

  it('reads content: nothing that it holds says a word, and none of its keys opens anything', async () => {
    const request = await delivered();
    expect(findWords(Object.values(PLANTED), JSON.stringify(hub.taken))).toEqual([]);
    expect(findWords([request.event.subject], JSON.stringify(hub.taken))).toEqual([request.event.subject]);
    const { id, type, source, data } = request.event;
    for (const name of ['gateway', 'directory', 'requests', 'notifications'] as const) {
      const keystore = world.community.keystore(serviceUrnOf(name));
      const opened = decryptContent(data.content!, { id, type, source }, (kid) => keystore.decryptionKey(kid));
      await expect(opened).rejects.toMatchObject({ code: 'ERR_ENVELOPE_UNDECRYPTABLE' });
    }
  });
});
