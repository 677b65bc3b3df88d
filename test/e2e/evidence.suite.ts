import { readFileSync } from 'node:fs';
import { DEMO_REQUEST } from '#deploy/local';
import type { SeraiClient } from '#libs/client';
import { loggedTopics, participantUrnOf } from '#libs/contracts';
import {
  basisSizeOf,
  serialiseBasisLeaf,
  verifyAccess,
  verifyJoint,
  verifyPack,
  verifyStatistics,
} from '#libs/evidence';
import { eventually } from '#libs/testing';
import { parseRootKeys } from '#libs/trust';
import { logRecordOf } from '../../apps/audit/src/record/log-record-of.js';
import { foundingPolicy, fsckFindings } from '../faults/checker/fsck.js';
import { everyRecord, query } from './support/hub.js';
import { refusedAtOnce } from './support/refusal.js';
import { openSecretariat } from './support/secretariat.js';
import { madeUp } from './support/tokens.js';
import type { World } from './support/world.js';

const toIraq = { ...DEMO_REQUEST, recipients: DEMO_REQUEST.recipients.slice(0, 1) };
const HELD = { reason: 'A court of this test asks for it.' };
const NO_TIME = '019ab000-0000-7000-8000-0000000000ff';

/** What the log makes provable, at the end of everything that was done to the hub. */
export function evidenceSuite(world: () => World): void {
  let rs: SeraiClient;
  let iq: SeraiClient;
  beforeAll(() => {
    const cast = world().cast();
    rs = cast.officer('rs.liaison');
    iq = cast.officer('iq.duty');
  });
  afterAll(() => query(world(), 'hub', `delete from requests.deadline_profile where id = '${NO_TIME}'`));

  const judge = async (of: SeraiClient, legId: string) => {
    const { rootKeys } = world().community;
    return verifyPack(await of.evidence(legId), { roots: parseRootKeys(readFileSync(rootKeys, 'utf8')) });
  };

  it('holds for a leg whose time ran out before it was taken on, at both sides', async () => {
    await query(
      world(),
      'hub',
      `insert into requests.deadline_profile values
       ('${NO_TIME}', 'URGENT_DIRECT', 'urn:serai:participant:rs', 'urn:serai:participant:iq', 'PT0M', now())`,
    );
    const [legId = ''] = await world().deliver(rs, toIraq);
    await rs.waitForLeg(legId, ({ state }) => state?.overdue === true);
    const { envelopeId } = await iq.acknowledge(legId);
    await iq.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
    await rs.waitForLeg(legId, ({ status }) => status === 'ACKNOWLEDGED');
    for (const side of [rs, iq]) {
      const { checks, facts } = await judge(side, legId);
      expect(checks.filter(({ holds }) => !holds)).toEqual([]);
      expect(facts?.state).toMatchObject({ status: 'ACKNOWLEDGED' });
    }
  });

  it('holds while the hub has not decided on an act yet, without that act', async () => {
    const [legId = ''] = await world().deliver(rs, toIraq);
    await world().constellation.kill('requests', 'SIGSTOP');
    try {
      const { envelopeId } = await iq.acknowledge(legId);
      await iq.waitForEnvelope(envelopeId, { until: 'RECEIVED' });
      const { holds, facts } = await judge(iq, legId);
      expect([holds, facts?.state?.status]).toEqual([true, 'DELIVERED']);
    } finally {
      await world().constellation.kill('requests', 'SIGCONT');
    }
  });

  it('holds for a leg that was erased at both sides, which nobody can read any more', async () => {
    const [legId = ''] = await world().deliver(rs, toIraq);
    const { envelopeId } = await rs.withdraw(legId, {});
    await rs.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
    const request = (await rs.leg(legId)).messages[0]!.envelopeId;
    for (const [side, supervisor] of [
      [rs, 'rs.supervisor'],
      [iq, 'iq.supervisor'],
    ] as const) {
      await side.waitForLeg(legId, ({ status }) => status === 'WITHDRAWN');
      const { holdId } = await world().cast().officer(supervisor).holdLeg(legId, HELD);
      const erase = () => world().impatient(supervisor).eraseLeg(legId, { reason: 'COURT_ORDER' });
      expect(await refusedAtOnce(erase())).toBe('ERR_CONTENT_HELD');
      await side.content(legId, request).catch(() => undefined);
      await world().cast().officer(supervisor).releaseHold({ legId, holdId }, HELD);
      expect((await erase()).records).toBeGreaterThan(0);
      expect(await refusedAtOnce(side.content(legId, request))).toBe('ERR_CONTENT_ERASED');
      expect((await judge(side, legId)).holds).toBe(true);
    }
  });

  it('is refused for a leg of others', async () => {
    const [legId = ''] = await world().deliver(rs, toIraq);
    expect(await refusedAtOnce(world().impatient('tr.duty').evidence(legId))).toBe('ERR_REQUEST_NOT_FOUND');
  });

  it('is in the log: every record of every topic once, whatever was killed meanwhile', async () => {
    await eventually(
      async () => {
        const logged = new Set<string>(loggedTopics().map(({ name }) => name));
        const records = (await everyRecord(world())).filter(({ topic }) => logged.has(topic)).map(logRecordOf);
        const once = new Set(
          records.map((record) => `${record.topic} ${record.id ?? record.offset} ${record.messageHash}`),
        );
        const [row] = await query<{ leaves: number; envelopes: number }>(
          world(),
          'hub',
          `select count(*)::integer as leaves,
                  count(distinct (topic, coalesce(envelope_id::text, record_offset::text), message_hash))::integer as envelopes
             from audit.leaf`,
        );
        expect(row).toEqual({ leaves: once.size, envelopes: once.size });
      },
      { timeoutMs: 30_000, everyMs: 500 },
    );
  });

  it('is counted by the Secretariat alone, and counted again by whoever has what was counted', async () => {
    const reason = 'The invented quarter of this test.';
    const period = { from: '2026-01-01T00:00:00.000Z', to: new Date().toISOString() };
    const auditor = await madeUp(world(), { participant: 'iq', roles: ['AUDITOR'], desks: ['ncc'] });
    expect(await refusedAtOnce(auditor.statisticsBasis(1, reason).next())).toBe('ERR_CALLER_NOT_ENTITLED');
    const office = await openSecretariat(world(), 'bg');
    // Its access point knows at once, the log a moment later.
    const issued = await eventually(() => office.issueStatistics({ ...period, reason }));
    const basis: Buffer[] = [];
    for await (const leaf of office.statisticsBasis(basisSizeOf(issued.statement), reason))
      basis.push(Buffer.from(serialiseBasisLeaf(leaf)));
    const roots = parseRootKeys(readFileSync(world().community.rootKeys, 'utf8'));
    const file = Buffer.from(JSON.stringify(issued));
    const { checks, facts } = await verifyStatistics(file, basis, { roots });
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    const [row] = await query<{ events: number }>(
      world(),
      'hub',
      `select count(*)::integer as events from audit.leaf where topic = 'requests.events' and index < ${basis.length}`,
    );
    expect(facts?.events).toBe(row?.events);
    expect((await verifyStatistics(file, basis.toSpliced(1, 1), { roots })).holds).toBe(false);
    const overlapping = { from: '2026-02-01T00:00:00.000Z', to: period.to };
    expect(await refusedAtOnce(office.issueStatistics({ ...overlapping, reason }))).toBe('ERR_STATISTICS_PERIOD');
  });

  it('has the record of each look, which proves a look to a stranger without saying whose name it was', async () => {
    const roots = parseRootKeys(readFileSync(world().community.rootKeys, 'utf8'));
    const auditor = await madeUp(world(), { participant: 'iq', roles: ['AUDITOR'], desks: ['ncc'] });
    const reason = 'The invented complaint of this test.';
    const { value: look } = await auditor.auditRecords({ reason, type: 'readContent', action: 'CONSULTED' }).next();
    const proof = await auditor.proveAccess(look!.recordId, reason);
    const { checks, facts } = await verifyAccess(Buffer.from(JSON.stringify(proof)), { roots });
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(facts).toMatchObject({
      participant: participantUrnOf('iq'),
      entry: { entryId: look!.recordId, officer: look!.officer, at: look!.at, legId: look!.legId },
    });
    const elsewhere = { ...proof, entry: { ...proof.entry, at: new Date(0).toISOString() } };
    const refused = await verifyAccess(Buffer.from(JSON.stringify(elsewhere)), { roots });
    expect(refused.checks.filter(({ holds }) => !holds).map(({ rule }) => rule)).toEqual(['access-commitment']);
  });

  it('is told alike by both sides, in exports for a joint review', async () => {
    const roots = parseRootKeys(readFileSync(world().community.rootKeys, 'utf8'));
    const exportOf = async (participant: 'rs' | 'iq', other: 'rs' | 'iq', until: string) => {
      const auditor = await madeUp(world(), { participant, roles: ['AUDITOR'], desks: ['ncc'] });
      const counterpart = participantUrnOf(other);
      const criteria = { counterpart, from: '2026-01-01T00:00:00.000Z', until };
      const reason = 'The invented review of this test.';
      return Buffer.from(JSON.stringify(await auditor.exportRecords({ ...criteria, review: 'of-this-test', reason })));
    };
    const until = new Date().toISOString();
    // What was accepted a moment ago is still on its way.
    await eventually(async () => {
      const files = [await exportOf('rs', 'iq', until), await exportOf('iq', 'rs', until)] as const;
      const { checks, facts } = await verifyJoint(files, { roots });
      expect(checks.filter(({ holds }) => !holds)).toEqual([]);
      expect(facts?.messages).toBeGreaterThan(5);
    });
  });

  it('leaves nothing for fsck to find', async () => {
    const { constellation } = world();
    expect(
      await fsckFindings(constellation.environment('audit'), foundingPolicy(constellation.founding.genesis)),
    ).toEqual([]);
  });
}
