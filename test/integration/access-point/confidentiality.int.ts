import type { LegView, SubmittedRequest } from '#libs/contracts';
import { decryptContent } from '#libs/envelope';
import { eventually, failOnLeaks } from '#libs/testing';
import type { AccessPoint, OfficerClient } from './support/access-point.js';
import { deskOf, urnOf } from './support/community.js';
import { findWords } from './support/find-words.js';
import { PLANTED, requestTo } from './support/request-body.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(60_000);

/** Words of each thing that people write here, invented. */
const IN_COUNTRY = {
  note: 'plantednoteword',
  noteArabic: 'ملاحظة مزروعة',
  unit: 'plantedunitword',
  instruction: 'plantedinstructionword',
  proposal: 'plantedproposalword',
} as const;
const EXCHANGED = {
  ...PLANTED,
  question: 'plantedclarificationword',
  answer: 'plantedanswerword',
  reason: 'plantedreasonword',
} as const;

let world: World<'rs' | 'iq'>;
let milica: OfficerClient;
let karim: OfficerClient;

beforeAll(async () => {
  world = await buildWorld(['rs', 'iq']);
  milica = world.accessPoints.rs.officer('LIAISON_OFFICER', deskOf('rs', 'liaison'));
  karim = world.accessPoints.iq.officer('NCC_DUTY_OFFICER');
});
afterAll(() => world.end());
failOnLeaks();

/** Everything that a database holds, as text. */
async function dump(accessPoint: AccessPoint): Promise<string> {
  const tables = await accessPoint.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'access_point'`,
  );
  expect(tables.length).toBeGreaterThan(15);
  const texts = tables.map(async ({ name }) => {
    const rows = await accessPoint.query<Record<string, unknown>>(`select * from "${name}"`);
    return JSON.stringify(rows, (_, value) =>
      value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
    );
  });
  return (await Promise.all(texts)).join('\n');
}

async function legOf(officer: OfficerClient, legId: string, status: string): Promise<LegView> {
  return eventually(async () => {
    const { body } = await officer.get<LegView>(`/v1/legs/${legId}`);
    expect(body.status).toBe(status);
    return body;
  });
}

describe('confidentiality', () => {
  let legId: string;

  it('of an exchange with everything that people can write', async () => {
    const { body } = await milica.post<SubmittedRequest>('/v1/requests', requestTo(['iq']));
    legId = body.legs[0]!.legId;
    const leg = await legOf(karim, legId, 'DELIVERED');
    expect((await karim.get(`/v1/legs/${legId}/messages/${leg.messages[0]!.envelopeId}/content`)).status).toBe(200);
    const text = (word: string) => ({ language: 'en', text: `Says ${word}.` });
    const note = { text: `${IN_COUNTRY.note} ${IN_COUNTRY.noteArabic}` };
    expect((await karim.post(`/v1/legs/${legId}/notes`, note)).body).toMatchObject(note);
    const assignment = {
      unit: IN_COUNTRY.unit,
      instruction: IN_COUNTRY.instruction,
      desk: deskOf('iq', 'investigation'),
      dueAt: new Date(Date.now() + 3_600_000).toISOString(),
    };
    expect((await karim.post(`/v1/legs/${legId}/assignments`, assignment)).body).toMatchObject(assignment);
    expect((await karim.post(`/v1/legs/${legId}/clarifications`, text(EXCHANGED.question))).status).toBe(202);
    const grade = { source: 'B', information: '2' };
    const statements = [{ basis: 'FACT', text: EXCHANGED.answer, grade, handling: 'H2' }];
    const items = [{ itemId: '1', result: 'FOUND', statements }];
    const answer = { language: 'en', handling: 'H2', caveats: [], items, final: false };
    expect((await karim.post(`/v1/legs/${legId}/responses`, answer)).status).toBe(202);
    await legOf(milica, legId, 'PARTIALLY_ANSWERED');
    const supervisor = world.accessPoints.iq.officer('NCC_SUPERVISOR');
    const proposal = { ground: 'NATIONAL_SECURITY', reason: text(IN_COUNTRY.proposal) };
    expect((await supervisor.post(`/v1/legs/${legId}/refusals`, proposal)).status).toBe(202);
    expect((await milica.post(`/v1/legs/${legId}/withdraw`, { reason: text(EXCHANGED.reason) })).status).toBe(202);
    await legOf(karim, legId, 'WITHDRAWN');
  });

  it('is kept from every table of both databases', async () => {
    const words = [...Object.values(EXCHANGED), ...Object.values(IN_COUNTRY)];
    for (const accessPoint of Object.values(world.accessPoints)) {
      const text = await dump(accessPoint);
      expect(text).toContain(legId);
      expect(findWords(words, text)).toEqual([]);
    }
    expect(
      findWords(
        [legId, 'plantedword'],
        `"${Buffer.from(`${'x'.repeat(40)}plantedword`).toString('base64url')}" ${legId}`,
      ),
    ).toEqual([legId, 'plantedword']);
  });

  it('is kept from the answers that say what went wrong', async () => {
    const bad = {
      ...requestTo(['iq']),
      kind: PLANTED.word,
      content: { ...requestTo(['iq']).content, language: PLANTED.latin },
    };
    const refused = await milica.post('/v1/requests', bad);
    expect(refused.status).toBe(422);
    expect(findWords(Object.values(PLANTED), JSON.stringify(refused.body))).toEqual([]);
    await world.accessPoints.iq.query(`update content_key set wrapped_key = '\\x00'`);
    const leg = (await karim.get<LegView>(`/v1/legs/${legId}`)).body;
    const broken = await karim.get(`/v1/legs/${legId}/messages/${leg.messages[0]!.envelopeId}/content`);
    expect([broken.status, broken.body.code]).toEqual([500, 'ERR_CONTENT_UNREADABLE']);
    expect(findWords(Object.values(PLANTED), JSON.stringify(broken.body))).toEqual([]);
  });

  it('keeps notes, assignments and true grounds inside the country: no envelope has a word of them', async () => {
    const opened = await Promise.all(
      world.hub.taken.map(async ({ event }) => {
        const { content, header } = event.data;
        const recipient = (header['recipient'] as { participant: string }).participant;
        const keystore = world.community.keystore(recipient);
        const binding = { id: event.id, type: event.type, source: event.source };
        const plaintext = content && (await decryptContent(content, binding, (kid) => keystore.decryptionKey(kid)));
        return JSON.stringify([event, plaintext]);
      }),
    );
    const everything = opened.join('\n');
    expect(findWords(Object.values(EXCHANGED), everything)).toEqual(Object.values(EXCHANGED));
    expect(findWords(Object.values(IN_COUNTRY), everything)).toEqual([]);
    expect(everything).not.toContain('NATIONAL_SECURITY');
    expect(everything).not.toContain('ASSIGNED');
    expect(everything).not.toContain(karim.subject);
    expect(new Set(world.hub.taken.map(({ event }) => event.source))).toEqual(new Set([urnOf('rs'), urnOf('iq')]));
  });

  it('ends for good where the key of a record is destroyed', async () => {
    const leg = (await milica.get<LegView>(`/v1/legs/${legId}`)).body;
    const [request] = leg.messages;
    const path = `/v1/legs/${legId}/messages/${request!.envelopeId}/content`;
    expect((await milica.get(path)).status).toBe(200);
    await world.accessPoints.rs.query('delete from content_key where record_id = $1', [request!.envelopeId]);
    const erased = await milica.get(path);
    expect([erased.status, erased.body.code]).toEqual([410, 'ERR_CONTENT_ERASED']);
  });
});

describe('content at rest', () => {
  it('cannot be exchanged between records by who writes to the database', async () => {
    const { body } = await milica.post<SubmittedRequest>('/v1/requests', requestTo(['iq', 'tr']));
    const [one, other] = body.legs.map(({ envelopeId }) => envelopeId);
    await world.accessPoints.rs.query(
      `update content_record a set ciphertext = b.ciphertext from content_record b where a.record_id = $1 and b.record_id = $2`,
      [one, other],
    );
    await world.accessPoints.rs.query(
      `update content_key a set wrapped_key = b.wrapped_key from content_key b where a.record_id = $1 and b.record_id = $2`,
      [one, other],
    );
    const answer = await milica.get(`/v1/legs/${body.legs[0]!.legId}/messages/${one}/content`);
    expect([answer.status, answer.body.code]).toEqual([500, 'ERR_CONTENT_UNREADABLE']);
  });
});

describe('log before disclose', () => {
  it('shows no content when the look at it cannot be logged', async () => {
    const { body } = await milica.post<SubmittedRequest>('/v1/requests', requestTo(['iq']));
    const { legId, envelopeId } = body.legs[0]!;
    await world.accessPoints.rs.query('alter table access_log add constraint never check (false) not valid');
    const answer = await milica.get(`/v1/legs/${legId}/messages/${envelopeId}/content`);
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(findWords(Object.values(PLANTED), JSON.stringify(answer.body))).toEqual([]);
    await world.accessPoints.rs.query('alter table access_log drop constraint never');
    expect((await milica.get(`/v1/legs/${legId}/messages/${envelopeId}/content`)).status).toBe(200);
  });
});
