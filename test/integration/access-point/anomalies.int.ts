import { createHash } from 'node:crypto';
import { v7 } from 'uuid';
import {
  type AnomalyRule,
  type AnomalySummary,
  type AnomalyView,
  type AuditRecord,
  DEFAULT_QUESTION,
  legClosed,
  legRead,
  type OfficerView,
  type QuestionView,
  requestSubmitted,
  requestWithdrawn,
} from '#libs/contracts';
import { failOnLeaks } from '#libs/testing';
import { AnomalyFinder } from '../../../apps/access-point/src/anomaly/anomaly-finder.js';
import { readAnomalySettings } from '../../../apps/access-point/src/anomaly/anomaly-settings.js';
import { Questions } from '../../../apps/access-point/src/anomaly/questions.js';
import { findAuthorityEnded } from '../../../apps/access-point/src/anomaly/rules/an10-authority-ended.js';
import { drawSample } from '../../../apps/access-point/src/anomaly/rules/sample.js';
import { Tombstones } from '../../../apps/access-point/src/erasure/tombstones.js';
import type { AccessPoint, OfficerClient } from './support/access-point.js';
import { seedEnvelope, seedItem, seedLeg, seedLook, seedMessage, seedProof } from './support/anomaly-seeds.js';
import { changeBase, deskOf, urnOf } from './support/community.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(60_000);

const HOUR = 3_600_000;
const MINUTE = 60_000;
const NOW = new Date();
const ago = (ms: number): Date => new Date(NOW.getTime() - ms);

let world: World<'rs'>;
let rs: AccessPoint;
let auditor: OfficerClient;

beforeAll(async () => {
  world = await buildWorld(['rs']);
  rs = world.accessPoints.rs;
  auditor = rs.officer('AUDITOR', deskOf('rs'), 'jelena');
});
afterAll(() => world?.end());
failOnLeaks();

const find = () => rs.instance.get(AnomalyFinder).find(NOW);
const about = (rule: AnomalyRule) =>
  rs.query<{ officer: string | null; participant: string | null; score: number; threshold: number; records: string[] }>(
    `select officer, participant, score, threshold, records from anomaly_item where rule = $1 and rule <> 'SAMPLE' order by officer`,
    [rule],
  );
/** An id whose lot, a part of 1, is such. */
function idThat(isSuch: (lot: number) => boolean): string {
  for (;;) {
    const id = v7();
    if (isSuch(createHash('md5').update(id).digest().readUInt32BE() / 2 ** 32)) return id;
  }
}
const nameOf = (who: string) => `o-${who.padEnd(8, '0')}`;

describe('a rule names what reaches its threshold, once, and nothing below it', () => {
  afterEach(async () => {
    for (const rule of ['AN1', 'AN2', 'AN3', 'AN4', 'AN6', 'AN9', 'AN10', 'AN11', 'AN12'] as const) {
      const before = await about(rule);
      await find();
      expect([rule, await about(rule)]).toEqual([rule, before]);
    }
  });

  it('AN1: more legs in a shift than the median of the desk and four deviations', async () => {
    const shiftMs = 8 * HOUR;
    const begin = (shift: number) => new Date(Math.floor(NOW.getTime() / shiftMs) * shiftMs - shift * shiftMs + MINUTE);
    const desk = deskOf('rs', 'investigation');
    const open = async (who: string, shift: number, legs: number) => {
      for (let leg = 0; leg < legs; leg += 1) await seedLook(begin(shift), who, rs, { desk, legId: v7() });
    };
    for (let shift = 2; shift < 22; shift += 1) await open('usual', shift, 2);
    await open('many', 3, 6);
    await open('toomany', 3, 7);
    // Of a shift that goes on nothing is known yet.
    await open('now', 0, 20);
    await find();
    expect(await about('AN1')).toMatchObject([{ officer: nameOf('toomany'), score: 7, threshold: 6 }]);
  });

  it('AN2: three searches without a reference within a week', async () => {
    const search = { action: 'AUDIT_QUERIED', operation: 'searchRecords' } as const;
    for (const hours of [1, 2]) await seedLook(ago(hours * HOUR), 'twice', rs, { ...search, criteria: {} });
    await seedLook(ago(3 * HOUR), 'twice', rs, { ...search, criteria: { reference: v7() } });
    await seedLook(ago(8 * 24 * HOUR), 'twice', rs, { ...search, criteria: {} });
    const entries = [];
    for (const hours of [1, 2, 3])
      entries.push(await seedLook(ago(hours * HOUR), 'thrice', rs, { ...search, criteria: {} }));
    await find();
    const [item, ...others] = await about('AN2');
    expect(others).toEqual([]);
    expect(item).toMatchObject({ officer: nameOf('thrice'), score: 3, threshold: 3 });
    expect(item!.records.toSorted()).toEqual(entries.toSorted());
    // What one item rests on counts for no second one.
    const later = [await seedLook(ago(30 * MINUTE), 'thrice', rs, { ...search, criteria: {} })];
    await find();
    expect(await about('AN2')).toHaveLength(1);
    for (const minutes of [20, 10]) {
      later.push(await seedLook(ago(minutes * MINUTE), 'thrice', rs, { ...search, criteria: {} }));
    }
    await find();
    const items = await about('AN2');
    expect(items.map(({ records }) => records.toSorted())).toContainEqual(later.toSorted());
    expect(items).toHaveLength(2);
  });

  it('AN3: a look when nobody of the desk is on duty, nor was or will be within two hours', async () => {
    const [desk, zone] = [
      deskOf('rs', 'liaison'),
      world.community.directory.deskAt(deskOf('rs', 'liaison'), NOW)!.timeZone,
    ];
    const wall = (hours: number) =>
      new Date(NOW.getTime() + hours * HOUR).toLocaleTimeString('en-GB', {
        timeZone: zone,
        hour: '2-digit',
        minute: '2-digit',
      });
    const set = async (from: number, to: number) => {
      const id = await seedEnvelope(NOW, { state: 'ACCEPTED' }, rs);
      const roster = [{ rung: 'DUTY', contact: 'duty', from: wall(from), to: wall(to) }];
      await rs.query(
        `insert into desk_nudges (envelope_id, desk, nudges, officer, set_at) values ($1, $2, $3, 'o-roster00', now() - interval '1 hour')`,
        [id, desk, JSON.stringify({ contacts: [], digestMinutes: 0, roster })],
      );
    };
    await set(1.5, 5);
    await seedLook(ago(MINUTE), 'nearshift', rs, { desk, legId: v7() });
    await find();
    expect(await about('AN3')).toEqual([]);
    await set(5, 6);
    await seedLook(ago(MINUTE / 2), 'faroff', rs, { desk, legId: v7() });
    await find();
    expect(await about('AN3')).toMatchObject([{ officer: nameOf('faroff') }, { officer: nameOf('nearshift') }]);
  });

  it('AN4: five occasions on which an officer opened a leg without ever acting on it', async () => {
    const legId = await seedLeg(ago(40 * HOUR), { to: 'iq', status: 'DELIVERED' }, rs);
    const open = async (who: string, occasions: number) => {
      for (let n = 0; n < occasions; n += 1) await seedLook(ago((1 + n) * HOUR), who, rs, { legId });
    };
    await open('fourtimes', 4);
    // Several looks at once are one occasion.
    for (let n = 0; n < 5; n += 1) await seedLook(ago(HOUR), 'fourtimes', rs, { legId });
    await open('fivetimes', 5);
    await open('noted', 5);
    await rs.query(`insert into note (note_id, leg_id, officer, desk, created_at) values ($1, $2, $3, 'd', now())`, [
      v7(),
      legId,
      nameOf('noted'),
    ]);
    await open('sender', 5);
    await seedMessage(
      ago(40 * HOUR),
      legId,
      { type: requestSubmitted.type, from: 'rs', officer: nameOf('sender') },
      rs,
    );
    // To have it opened says so to the other side, and is no act.
    await open('reader', 5);
    await seedMessage(ago(30 * HOUR), legId, { type: legRead.type, from: 'rs', officer: nameOf('reader') }, rs);
    await find();
    expect(await about('AN4')).toMatchObject(
      ['fivetimes', 'reader'].map((who) => ({ officer: nameOf(who), score: 5, threshold: 5 })),
    );
  });

  it('AN6: three legs opened within a day before somebody else withdrew them or found them of no use', async () => {
    const end = async (how: 'withdrawn' | 'no use' | 'useful', by: string) => {
      const legId = await seedLeg(ago(50 * HOUR), { to: 'tr', status: 'CLOSED' }, rs);
      const outcome = how === 'no use' ? 'NO_USE' : 'IDENTIFIED';
      const type = how === 'withdrawn' ? requestWithdrawn.type : legClosed.type;
      await seedMessage(ago(20 * HOUR), legId, { type, from: 'rs', officer: nameOf(by), outcome }, rs);
      return legId;
    };
    const legs = [await end('withdrawn', 'other'), await end('no use', 'other'), await end('withdrawn', 'other')];
    const useful = await end('useful', 'other');
    const own = await end('withdrawn', 'twolegs');
    for (const legId of legs) await seedLook(ago(21 * HOUR), 'threelegs', rs, { legId });
    for (const legId of [legs[0]!, legs[1]!, useful, own]) await seedLook(ago(21 * HOUR), 'twolegs', rs, { legId });
    await seedLook(ago(45 * HOUR), 'twolegs', rs, { legId: legs[2]! });
    await seedLook(ago(19 * HOUR), 'twolegs', rs, { legId: legs[2]! });
    await find();
    expect(await about('AN6')).toMatchObject([{ officer: nameOf('threelegs'), score: 3, threshold: 3 }]);
  });

  it('AN9: five exports within an hour', async () => {
    const exported = { action: 'EXPORTED', operation: 'exportEvidence' } as const;
    for (const minutes of [0, 10, 20, 30]) await seedLook(ago(2 * HOUR + minutes * MINUTE), 'fourpacks', rs, exported);
    await seedLook(ago(2 * HOUR + 61 * MINUTE), 'fourpacks', rs, exported);
    for (const minutes of [0, 15, 30, 45, 60])
      await seedLook(ago(2 * HOUR + minutes * MINUTE), 'fivepacks', rs, exported);
    await find();
    expect(await about('AN9')).toMatchObject([{ officer: nameOf('fivepacks'), score: 5, threshold: 5 }]);
  });

  it('AN10: a look after the end of the last posting, and a message under a key that was over', async () => {
    const posting = (officer: string, until: Date) => ({
      ...changeBase(),
      kind: 'posting-made' as const,
      posting: {
        ...{ id: v7(), officer, participant: urnOf('rs'), host: urnOf('iq') },
        agency: 'urn:serai:agency:rs:police',
        until: until.toISOString(),
      },
    });
    const [over, renewed] = [nameOf('over'), nameOf('renewed')];
    for (const officer of [over, renewed]) await world.community.change(posting(officer, ago(2 * MINUTE)));
    await world.community.change(posting(renewed, new Date(NOW.getTime() + HOUR)));
    await seedLook(ago(3 * MINUTE), 'over', rs, { legId: v7() });
    const late = await seedLook(ago(MINUTE), 'over', rs, { legId: v7() });
    await seedLook(ago(MINUTE), 'over', rs, { action: 'DENIED', legId: v7() });
    await seedLook(ago(MINUTE), 'renewed', rs, { legId: v7() });
    const envelope = await seedEnvelope(ago(HOUR), { state: 'REFUSED', code: 'ERR_TRUST_KEY_INACTIVE' }, rs);
    await seedEnvelope(ago(HOUR), { state: 'REFUSED', code: 'ERR_REQUEST_EXPIRED' }, rs);
    const scene = { now: NOW, participant: urnOf('rs'), directory: world.community.directory };
    const found = await findAuthorityEnded(rs.database.dataSource.manager, readAnomalySettings(undefined).AN10, scene);
    expect(found).toMatchObject([
      { officer: over, records: [late], score: 1 },
      { participant: urnOf('rs'), records: [envelope], score: 1 },
    ]);
  });

  it('AN11: a message signed more than two minutes after the hub took it', async () => {
    const legId = await seedLeg(ago(HOUR), { to: 'iq', status: 'DELIVERED' }, rs);
    const message = async (from: 'rs' | 'iq' | 'tr', ahead: number) => {
      const direction = from === 'rs' ? 'outgoing' : 'incoming';
      const id = await seedMessage(ago(HOUR), legId, { type: legRead.type, direction, from }, rs);
      await seedProof(id, ago(HOUR + ahead), rs);
      return id;
    };
    await message('rs', 120_000);
    const [late] = [await message('iq', 120_001), await message('tr', -HOUR)];
    await find();
    expect(await about('AN11')).toMatchObject([
      { officer: null, participant: urnOf('iq'), records: [late], threshold: 120 },
    ]);
  });

  it('AN12: three legs that one participant has not taken for hours, while others took theirs', async () => {
    for (let n = 0; n < 3; n += 1) await seedLeg(ago((5 + n) * HOUR), { to: 'bg', status: 'SUBMITTED' }, rs);
    for (let n = 0; n < 2; n += 1) await seedLeg(ago((5 + n) * HOUR), { to: 'tr', status: 'SUBMITTED' }, rs);
    await seedLeg(ago(3 * HOUR), { to: 'tr', status: 'SUBMITTED' }, rs);
    await find();
    // Nobody took a later one: the hub may just be slow.
    expect(await about('AN12')).toEqual([]);
    await seedLeg(ago(4.5 * HOUR), { to: 'iq', status: 'DELIVERED' }, rs);
    await find();
    expect(await about('AN12')).toMatchObject([{ officer: null, participant: urnOf('bg'), score: 3, threshold: 3 }]);
  });

  it('and names another one later, also for older records', async () => {
    const names = async () => {
      const found = await Promise.all((['AN2', 'AN9', 'AN11', 'AN12'] as const).map(about));
      return found.map((items) => items.map(({ officer, participant }) => officer ?? participant));
    };
    expect((await names()).map(({ length }) => length)).toEqual([2, 1, 1, 1]);
    const search = { action: 'AUDIT_QUERIED', operation: 'searchRecords', criteria: {} } as const;
    for (const hours of [5, 6, 7]) await seedLook(ago(hours * HOUR), 'zlater', rs, search);
    const exported = { action: 'EXPORTED', operation: 'exportEvidence' } as const;
    for (const minutes of [0, 1, 2, 3, 4]) await seedLook(ago(9 * HOUR + minutes * MINUTE), 'zlater', rs, exported);
    const legId = await seedLeg(ago(8 * HOUR), { to: 'tr', status: 'SUBMITTED' }, rs);
    await seedProof(
      await seedMessage(ago(3 * HOUR), legId, { type: legRead.type, direction: 'incoming', from: 'tr' }, rs),
      ago(4 * HOUR),
      rs,
    );
    await find();
    const [searches, exports, clocks, legs] = await names();
    for (const officers of [searches, exports]) expect(officers).toContain(nameOf('zlater'));
    for (const participants of [clocks, legs]) expect(participants).toContain(urnOf('tr'));
  });

  it('draws a part of the looks at content by chance, the same ones each time, and asks about them', async () => {
    const { manager } = rs.database.dataSource;
    const scene = { now: NOW, participant: urnOf('rs'), directory: world.community.directory };
    const draw = async (share: number) =>
      (await drawSample(manager, { share, days: 7 }, scene)).map(({ about }) => about);
    await rs.query('delete from anomaly_step');
    await rs.query(`delete from anomaly_item where rule = 'SAMPLE'`);
    const [none, some, all] = [await draw(0), await draw(0.5), await draw(1)];
    const looks = await rs.query(
      `select from access_log where action = 'CONSULTED' and operation = 'readContent' and at > now() - interval '7 days'`,
    );
    expect(none).toEqual([]);
    expect(all).toHaveLength(looks.length);
    expect(some.length).toBeGreaterThan(0);
    expect(some.length).toBeLessThan(all.length);
    expect(await draw(0.5)).toEqual(some);
    const [unlucky, drawnOne] = [idThat((part) => part >= 0.01), idThat((part) => part < 0.01)];
    for (const entryId of [unlucky, drawnOne]) await seedLook(ago(HOUR), 'drawn', rs, { entryId, legId: v7() });
    await find();
    const drawn = await rs.query<{ about: string; text: string }>(
      `select i.about, s.text from anomaly_item i join anomaly_step s using (item_id) where i.rule = 'SAMPLE' and s.step = 'QUESTION'`,
    );
    const ids = drawn.map(({ about }) => about);
    expect(ids).toContain(drawnOne);
    expect(ids).not.toContain(unlucky);
    expect(new Set(drawn.map(({ text }) => text))).toEqual(new Set([DEFAULT_QUESTION]));
  });
});

describe('an item of the queue', () => {
  const anomalies = (path = '', by = auditor) =>
    by.get<AnomalyView & { entries: AnomalySummary[]; next?: string }>(`/v1/audit/anomalies${path}`);
  const move = (itemId: string, what: 'question' | 'conclusion', body: object, by = auditor, key?: string) =>
    by.post<AnomalyView>(`/v1/audit/anomalies/${itemId}/${what}`, body, key === undefined ? {} : { key });
  const questions = (by: OfficerClient) => by.get<{ entries: QuestionView[] }>('/v1/questions');
  const answer = (itemId: string, text: string, by: OfficerClient) =>
    by.post<QuestionView>(`/v1/questions/${itemId}/answer`, { text });
  const REASON = 'Explained by a case that the test invented.';
  let duty: OfficerClient;

  beforeEach(() => {
    duty = rs.officer('NCC_DUTY_OFFICER', deskOf('rs'), `duty ${v7().slice(-6)}`);
  });

  it('is asked about, answered and concluded by people, and every reading of it is in the access log before', async () => {
    const legId = v7();
    const looks = [];
    for (let n = 0; n < 5; n += 1) {
      looks.push(
        await seedLook(ago(n * HOUR), 'x', rs, {
          subject: duty.subject,
          officer: duty.pseudonym,
          operation: 'listNotes',
          legId,
          desk: duty.desk,
        }),
      );
    }
    await find();
    const listed = (await anomalies(`?rule=AN4&officer=${duty.pseudonym}`)).body.entries;
    expect(listed).toMatchObject([
      { rule: 'AN4', state: 'OPEN', officer: duty.pseudonym, legId, score: 5, threshold: 5, overdue: false },
    ]);
    const { itemId } = listed[0]!;
    expect((await questions(duty)).body.entries).toEqual([]);
    const waiting = async () => (await duty.get<OfficerView>('/v1/me')).body.openQuestions;
    expect(await waiting()).toBeUndefined();
    const opened = (await anomalies(`/${itemId}`)).body;
    expect(opened.records.map(({ recordId }) => recordId)).toEqual(looks);
    expect(opened.question).toBeUndefined();
    const asked = await move(itemId, 'question', {});
    expect(asked.body).toMatchObject({
      state: 'JUSTIFICATION_REQUESTED',
      question: { text: DEFAULT_QUESTION, by: auditor.pseudonym },
    });
    expect(await waiting()).toBe(1);
    const [question] = (await questions(duty)).body.entries;
    expect(question).toMatchObject({ itemId, question: DEFAULT_QUESTION });
    expect(question!.acts).toHaveLength(5);
    for (const secret of ['score', 'rule', 'threshold', 'state']) expect(question).not.toHaveProperty(secret);
    expect((await answer(itemId, 'The case was mine to watch.', duty)).body.answer).toMatchObject({
      text: 'The case was mine to watch.',
    });
    expect(await waiting()).toBeUndefined();
    const heard = (await anomalies(`/${itemId}`)).body;
    expect(heard).toMatchObject({
      state: 'JUSTIFICATION_GIVEN',
      answer: { text: 'The case was mine to watch.', by: duty.pseudonym },
    });
    const concluded = await move(itemId, 'conclusion', { outcome: 'JUSTIFIED', reason: REASON });
    expect(concluded.body).toMatchObject({ state: 'JUSTIFIED', conclusion: { outcome: 'JUSTIFIED', text: REASON } });
    const own = `/v1/audit/records?reason=${encodeURIComponent(REASON)}&action=AUDIT_QUERIED&officer=${auditor.pseudonym}`;
    const logged = (await auditor.get<{ entries: AuditRecord[] }>(own)).body.entries;
    const readings = logged.filter(({ criteria }) => criteria?.reference === itemId).map(({ type }) => type);
    expect(readings.toReversed()).toEqual(['getAnomaly', 'requestJustification', 'getAnomaly', 'concludeAnomaly']);
  });

  it('keeps the words of the officer encrypted, and erases them with tombstones when their time is over', async () => {
    const itemId = await seedItem(rs, { subject: duty.subject, askedHoursAgo: 1 });
    await answer(itemId, 'Zanzibarski odgovor', duty);
    await move(itemId, 'conclusion', { outcome: 'JUSTIFIED', reason: REASON });
    const [{ content_id: id }] = (await rs.query<{ content_id: string }>(
      `select content_id from anomaly_step where item_id = $1 and step = 'ANSWER'`,
      [itemId],
    )) as [{ content_id: string }];
    const [{ ciphertext }] = (await rs.query<{ ciphertext: Buffer }>(
      'select ciphertext from content_record where record_id = $1',
      [id],
    )) as [{ ciphertext: Buffer }];
    expect(ciphertext.includes('Zanzibarski')).toBe(false);
    await rs.instance.get(Questions).forgetOldAnswers();
    expect((await anomalies(`/${itemId}`)).body.answer).toMatchObject({ text: 'Zanzibarski odgovor' });
    await rs.query(`update anomaly_step set at = at - interval '1095 days' where item_id = $1`, [itemId]);
    await rs.instance.get(Questions).forgetOldAnswers();
    expect((await anomalies(`/${itemId}`)).body.answer).not.toHaveProperty('text');
    expect((await questions(duty)).body.entries[0]!.answer).not.toHaveProperty('text');
    const dead = [];
    for await (const page of rs.instance.get(Tombstones).pages()) dead.push(...page);
    expect(dead).toContain(id);
  });

  it('is not concluded against an officer who was not asked or still has time; later it is, and the answer comes too late', async () => {
    const against = { outcome: 'MISCONDUCT_REFERRED', reason: REASON };
    const open = await seedItem(rs, { subject: duty.subject });
    const waiting = await seedItem(rs, { subject: duty.subject, askedHoursAgo: 71 });
    for (const itemId of [open, waiting]) {
      expect((await move(itemId, 'conclusion', against)).body.code).toBe('ERR_ANOMALY_MOVE_NOT_ALLOWED');
    }
    const late = await seedItem(rs, { subject: duty.subject, askedHoursAgo: 73 });
    expect((await anomalies(`/${late}`)).body).toMatchObject({ state: 'JUSTIFICATION_REQUESTED', overdue: true });
    const done = await move(late, 'conclusion', { ...against, outcome: 'ACCESS_SUSPENDED' });
    expect(done.body).toMatchObject({ state: 'ACCESS_SUSPENDED', overdue: false });
    expect((await answer(late, 'Too late.', duty)).status).toBe(409);
    const more = [against, { ...against, outcome: 'JUSTIFIED' }].map((said) => move(late, 'conclusion', said));
    for (const again of await Promise.all([...more, move(late, 'question', {})])) {
      expect([again.status, again.body.code]).toEqual([409, 'ERR_ANOMALY_MOVE_NOT_ALLOWED']);
    }
  });

  it('is asked about once, answered once, also by two at the same time, and again only with the same key', async () => {
    const itemId = await seedItem(rs, { subject: duty.subject });
    const key = v7();
    const both = await Promise.all([1, 2].map(() => move(itemId, 'question', {}, auditor, key)));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect((await move(itemId, 'question', {})).body.code).toBe('ERR_ANOMALY_MOVE_NOT_ALLOWED');
    const answers = await Promise.all(['One.', 'Other.'].map((text) => answer(itemId, text, duty)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  });

  it('is nothing that an auditor sees or works on who it is about, but who may answer', async () => {
    const itemId = await seedItem(rs, { subject: auditor.subject, askedHoursAgo: 1 });
    expect((await anomalies('?limit=200')).body.entries.map((item) => item.itemId)).not.toContain(itemId);
    expect((await anomalies(`/${itemId}`)).status).toBe(404);
    expect((await move(itemId, 'question', {})).status).toBe(404);
    expect((await move(itemId, 'conclusion', { outcome: 'JUSTIFIED', reason: REASON })).status).toBe(404);
    const other = rs.officer('AUDITOR', deskOf('rs'), 'other auditor');
    expect((await anomalies(`/${itemId}`, other)).status).toBe(200);
    expect((await answer(itemId, 'I was told to.', auditor)).status).toBe(200);
  });

  it('is answered by nobody else, and not before it was asked', async () => {
    const itemId = await seedItem(rs, { subject: duty.subject });
    expect((await answer(itemId, 'Nobody asked.', duty)).status).toBe(404);
    await move(itemId, 'question', { question: 'Why was this needed on Sunday?' });
    const colleague = rs.officer('NCC_SUPERVISOR', deskOf('rs'), 'colleague');
    expect((await answer(itemId, 'For somebody else.', colleague)).status).toBe(404);
    expect((await questions(colleague)).body.entries).toEqual([]);
    expect((await answer(itemId, ' ', duty)).status).toBe(422);
  });

  it('needs reasons in words', async () => {
    const itemId = await seedItem(rs, { subject: duty.subject });
    expect((await move(itemId, 'question', { question: 'Why?' })).status).toBe(422);
    expect((await move(itemId, 'conclusion', { outcome: 'JUSTIFIED', reason: 'fine' })).status).toBe(422);
    expect((await move(itemId, 'conclusion', { outcome: 'OPEN', reason: REASON })).status).toBe(422);
  });

  it('about a participant is concluded without a question, since nobody here could answer it', async () => {
    const itemId = await seedItem(rs, { subject: duty.subject });
    await rs.query('update anomaly_item set subject = null, officer = null, participant = $2 where item_id = $1', [
      itemId,
      urnOf('iq'),
    ]);
    expect((await move(itemId, 'question', {})).body.code).toBe('ERR_ANOMALY_MOVE_NOT_ALLOWED');
    expect((await move(itemId, 'conclusion', { outcome: 'MISCONDUCT_REFERRED', reason: REASON })).status).toBe(200);
  });

  it('is one of a list that pages', async () => {
    const first = (await anomalies('?limit=2')).body;
    const second = (await anomalies(`?limit=2&cursor=${first.next}`)).body;
    const ids = [...first.entries, ...second.entries].map(({ itemId }) => itemId);
    expect(new Set(ids).size).toBe(4);
    expect(ids).toEqual(ids.toSorted().reverse());
  });

  it('is shown to nobody while the hub does not take the record of it', async () => {
    const itemId = await seedItem(rs, { subject: duty.subject });
    world.hub.down = true;
    try {
      for (const path of ['', `/${itemId}`]) {
        expect((await anomalies(path)).body.code).toBe('ERR_ACCESS_NOT_RECORDED');
      }
    } finally {
      world.hub.down = false;
    }
  });
});
