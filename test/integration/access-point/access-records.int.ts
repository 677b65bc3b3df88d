import { v7 } from 'uuid';
import {
  type AuditRecord,
  accessRecorded,
  type HeaderOf,
  type LegView,
  type ProvenAccess,
  type SubmittedRequest,
} from '#libs/contracts';
import { hashOf } from '#libs/envelope';
import { verifyAccess } from '#libs/evidence';
import { eventually, failOnLeaks } from '#libs/testing';
import { AccessCommitments } from '../../../apps/access-point/src/access-record/access-commitment.js';
import type { AccessEntry } from '../../../apps/access-point/src/access-record/access-record.repository.js';
import { AccessRecorder } from '../../../apps/access-point/src/access-record/access-recorder.js';
import { Outgoing } from '../../../apps/access-point/src/outgoing/outgoing.service.js';
import type { AccessPoint, OfficerClient } from './support/access-point.js';
import { deskOf, urnOf } from './support/community.js';
import { ForeignSender } from './support/foreign-sender.js';
import { LogScene, recordOf } from './support/log-scene.js';
import { requestTo } from './support/request-body.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(60_000);

type Row = AccessEntry & { readonly recordId: string | null; readonly salt: Buffer };

let world: World<'rs'>;
let rs: AccessPoint;
let liaison: OfficerClient;
let auditor: OfficerClient;
let content: string;
let leg: string;

const rows = (): Promise<Row[]> =>
  rs.database.dataSource.query(
    `select entry_id as "entryId", at, action, subject, officer, desk, purpose, leg_id as "legId", envelope_id as "envelopeId",
            attachment_id as "attachmentId", operation, code, reason, criteria, record_id as "recordId", salt
       from access_log join access_record using (entry_id) order by record_id, place`,
  );
const saltedOf = (found: readonly Row[]) => found.map(({ recordId: _, salt, ...entry }) => ({ entry, salt }));
const headerOf = (id: string) =>
  world.hub.accessRecords.find(({ event }) => event.id === id)!.event.data.header as HeaderOf<typeof accessRecorded>;
const allRecorded = () =>
  eventually(async () => expect((await rows()).filter(({ recordId }) => recordId === null)).toEqual([]));

beforeAll(async () => {
  world = await buildWorld(['rs']);
  rs = world.accessPoints.rs;
  liaison = rs.officer('LIAISON_OFFICER', deskOf('rs', 'liaison'), 'milica');
  auditor = rs.officer('AUDITOR', deskOf('rs'), 'jelena');
  const { body } = await liaison.post<SubmittedRequest>('/v1/requests', requestTo(['iq']));
  leg = body.legs[0]!.legId;
  content = `/v1/legs/${leg}/messages/${body.legs[0]!.envelopeId}/content`;
});
afterAll(() => world?.end());

/** A refusal on a ground that a second person must let out. @returns its id */
async function proposed(supervisor: OfficerClient): Promise<string> {
  const request = await new ForeignSender(world.community, 'tr', 'rs').request();
  await world.hub.services.decide(request);
  const incoming = `/v1/legs/${request.event.subject}`;
  await eventually(async () => expect((await supervisor.get<LegView>(incoming)).body.status).toBe('DELIVERED'));
  const { body } = await supervisor.post<{ refusalId: string }>(`${incoming}/refusals`, {
    ground: 'NATIONAL_SECURITY',
  });
  return body.refusalId;
}
failOnLeaks();

describe('what is shown', () => {
  it('is in a record that the hub holds', async () => {
    expect((await liaison.get(content)).status).toBe(200);
    const [{ recordId }] = (await rows()) as [Row];
    expect(headerOf(recordId!)).toMatchObject({ count: 1 });
  });

  it('is nothing while the hub is away, and everything again when it is back', async () => {
    const search = '/v1/audit/records?reason=Invented+for+this+test.';
    const supervisor = rs.officer('NCC_SUPERVISOR', deskOf('rs'), 'proposer');
    const looks: [OfficerClient, string][] = [
      [supervisor, `/v1/approvals/${await proposed(supervisor)}`],
      [liaison, content],
      [liaison, `/v1/legs/${leg}/notes`],
      [liaison, `/v1/legs/${leg}/assignments`],
      [auditor, search],
      [auditor, search.replace('records', 'export')],
    ];
    const before = (await rows()).length;
    world.hub.down = true;
    const refused = await Promise.all(looks.map(([who, what]) => who.get(what)));
    for (const { status, body, headers } of refused) {
      expect([status, body.code]).toEqual([503, 'ERR_ACCESS_NOT_RECORDED']);
      expect(headers.get('retry-after')).toBe('5');
    }
    expect((await rows()).length).toBe(before + looks.length);
    // Lists without content need nobody.
    expect((await liaison.get(`/v1/legs/${leg}`)).status).toBe(200);
    world.hub.down = false;
    for (const [who, what] of looks) await eventually(async () => expect((await who.get(what)).status).toBe(200));
    await allRecorded();
    const named = new Set((await rows()).map(({ recordId }) => recordId));
    expect(new Set(world.hub.accessRecords.map(({ event }) => event.id))).toEqual(named);
  });

  it('is nothing that the hub refuses to record; the attempt is recorded once it does not', async () => {
    const { services } = world.hub;
    world.hub.answer = ({ jws, event }, honest) =>
      event.type === accessRecorded.type
        ? services.refusal(event.source, hashOf(jws), 'ERR_ENVELOPE_HEADER')
        : honest();
    expect((await liaison.get(content)).body.code).toBe('ERR_ACCESS_NOT_RECORDED');
    world.hub.answer = undefined;
    await eventually(async () => expect((await liaison.get(content)).status).toBe(200));
    await eventually(async () => {
      await rs.instance.get(AccessRecorder).sweep();
      const taken = new Set(world.hub.accessRecords.map(({ event }) => event.id));
      expect((await rows()).filter(({ recordId }) => recordId === null || !taken.has(recordId))).toEqual([]);
    });
  });
});

describe('a record', () => {
  it('is of many looks where they come together', async () => {
    const before = world.hub.accessRecords.length;
    const answers = await Promise.all(Array.from({ length: 50 }, () => liaison.get(content)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(world.hub.accessRecords.length - before).toBeLessThan(25);
  });

  it('of a look does not wait for thousands of entries from before there were records', async () => {
    await rs.query(
      `with old as (
         insert into access_log (entry_id, at, action, subject, officer, operation)
         select gen_random_uuid(), now(), 'EXPORTED', 'test', 'o-test', 'exportEvidence' from generate_series(1, 2500)
         returning entry_id
       )
       insert into access_record (entry_id) select entry_id from old`,
    );
    const unrecorded = async () => (await rows()).filter(({ recordId }) => recordId === null).length;
    expect((await liaison.get(content)).status).toBe(200);
    expect(await unrecorded()).toBe(1_501);
    await rs.instance.get(AccessRecorder).sweep();
    expect(await unrecorded()).toBe(0);
  });

  it('commits to every column of its entries, and is opened by no other', async () => {
    const rootOf = (entries: Parameters<AccessCommitments['rootOf']>[0]) =>
      rs.instance.get(AccessCommitments).rootOf(entries);
    const found = await rows();
    // Each column has something in the look at content, which comes first in its record.
    const { recordId } = found.find(({ operation }) => operation === 'readContent')!;
    const entries = saltedOf(found.filter((row) => row.recordId === recordId));
    const { count, root } = headerOf(recordId!);
    expect([entries.length, rootOf(entries)]).toEqual([count, root]);
    const changes: Partial<AccessEntry>[] = [
      { officer: 'o-another' },
      { subject: 'another' },
      { desk: null },
      { purpose: 'PREVENTION' },
      { at: new Date(0) },
      { criteria: { reference: 'another' } as never },
    ];
    for (const change of changes) {
      const [{ entry, salt }, ...others] = entries as [(typeof entries)[0]];
      expect(rootOf([{ entry: { ...entry, ...change }, salt }, ...others])).not.toBe(root);
    }
    expect(rootOf([...entries, entries[0]!])).not.toBe(root);
  });

  it('proves an entry to a stranger, as soon as the log holds it, without saying who the officer is', async () => {
    expect((await liaison.get(content)).status).toBe(200);
    const { entryId, recordId } = (await rows()).findLast(({ operation }) => operation === 'readContent')!;
    const prove = (id: string, by = auditor) =>
      by.get<ProvenAccess>(`/v1/audit/accesses/${id}/proof?reason=Invented+for+this+test.`);
    const scene = new LogScene(world, rs);
    expect((await prove(entryId)).body.code).toBe('ERR_EVIDENCE_PENDING');
    const record = world.hub.accessRecords.find(({ event }) => event.id === recordId)!;
    scene.sequence(record, { ...recordOf(record, '0'), topic: 'access.records' });
    await scene.publish();
    // The receipt is kept a moment after it was heard.
    const { body } = await eventually(async () => {
      const answer = await prove(entryId);
      expect(answer.status).toBe(200);
      return answer;
    });
    const { roots } = world.community;
    const { holds, facts } = await verifyAccess(Buffer.from(JSON.stringify(body)), { roots });
    expect(holds).toBe(true);
    expect(facts).toMatchObject({
      participant: urnOf('rs'),
      entry: { entryId, operation: 'readContent', officer: liaison.pseudonym, legId: leg },
    });
    expect(JSON.stringify(body)).not.toContain(liaison.subject);
    const search = `/v1/audit/records?reason=Invented+for+this+test.&type=proveAccess`;
    const handedOut = (await auditor.get<{ entries: AuditRecord[] }>(search)).body.entries;
    expect(handedOut[0]).toMatchObject({ action: 'EXPORTED', criteria: { reference: entryId } });
    expect((await prove(v7())).status).toBe(404);
    expect((await prove(entryId, liaison)).status).toBe(403);
  });

  it('says nothing of who looked at what', async () => {
    const found = await rows();
    const said = world.hub.accessRecords.map(({ event }) => JSON.stringify(event)).join();
    const words = found.flatMap(({ officer, subject, desk, purpose, legId, envelopeId, operation, entryId }) => [
      ...[officer, subject, desk, purpose, legId, envelopeId, operation, entryId],
    ]);
    for (const word of new Set(words)) if (word !== null) expect(said).not.toContain(word);
  });

  it('is made of denials too, though nobody waits for it', async () => {
    const denied = await rs.officer('AUDITOR', deskOf('rs'), 'jelena').get(content);
    expect(denied.status).toBe(403);
    await rs.instance.get(AccessRecorder).sweep();
    expect((await rows()).filter(({ recordId }) => recordId === null)).toEqual([]);
    expect((await rows()).some(({ action }) => action === 'DENIED')).toBe(true);
  });
});

describe('a process that ends', () => {
  const missing = async () => (await rows()).filter(({ recordId }) => recordId === null);
  /** How often the hub took a record of each entry. */
  const timesTaken = async () => {
    const taken = world.hub.accessRecords.map(({ event }) => event.id);
    return (await rows()).map(({ recordId }) => taken.filter((id) => id === recordId).length);
  };

  async function restart(): Promise<void> {
    await rs.stop();
    await rs.start();
    await rs.whenReady();
  }

  it('before a record is signed leaves it to the next one, and has shown nothing', async () => {
    await allRecorded();
    jest.spyOn(rs.instance.get(Outgoing), 'queueAlone').mockRejectedValue(new Error('dead'));
    const { status, body } = await liaison.get<Record<string, unknown>>(content);
    expect(status).toBeGreaterThanOrEqual(500);
    expect(body).not.toHaveProperty('content');
    expect(await missing()).toHaveLength(1);
    await restart();
    await allRecorded();
    await eventually(async () => expect(new Set(await timesTaken())).toEqual(new Set([1])));
  });

  it('before the hub has answered leaves the record to the next one, which hands in the same', async () => {
    world.hub.down = true;
    expect((await liaison.get(content)).body.code).toBe('ERR_ACCESS_NOT_RECORDED');
    await allRecorded();
    expect(await timesTaken()).toContain(0);
    const before = await rows();
    await rs.stop();
    world.hub.down = false;
    await rs.start();
    await rs.whenReady();
    await eventually(async () => expect(new Set(await timesTaken())).toEqual(new Set([1])));
    expect(await rows()).toEqual(before);
  });
});
