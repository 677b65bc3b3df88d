import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DEMO_REQUEST } from '#deploy/local';
import type { BodyOf } from '#libs/client';
import { requestSubmitted } from '#libs/contracts';
import { everyRecord, query } from './support/hub.js';
import { PlaintextSearch } from './support/plaintext-search.js';
import type { World } from './support/world.js';

// Words that occur nowhere else: each says by itself which part of which message leaked.
const NAMES = { latin: 'Quokkamoth', arabic: 'كواكاموث', cyrillic: 'Квокамот', bengali: 'কোয়াকামথ' };
const DOCUMENT = 'QZ7741093';
const PLANTED = {
  title: 'Xylotitle',
  fact: 'Xylofact',
  offence: 'Xylooffence',
  question: 'Xyloquestion',
  purposeLink: 'Xylopurpose',
  reason: 'Xyloreason',
  phone: '+99977100200',
  clarification: 'Xyloclarify',
  explanation: 'Xyloexplain',
  partial: 'Xylopartial',
  awaited: 'Xyloawaited',
  refusal: 'Xylorefusal',
  reconsideration: 'Xyloreconsider',
  comment: 'Xylocomment',
  withdrawal: 'Xylowithdraw',
  note: 'Xylonote',
  unit: 'Xylounit',
  instruction: 'Xyloinstruct',
};
const WORDS = [...Object.values(PLANTED), ...Object.values(NAMES), DOCUMENT];
const text = (word: string) => ({ language: 'en', text: word });

type NewRequest = BodyOf<'submitRequest'>;
const name = (script: string, full: string) => ({ kind: 'PRIMARY' as const, script, full });
const REQUEST: NewRequest = {
  ...DEMO_REQUEST,
  recipients: DEMO_REQUEST.recipients.slice(0, 1),
  urgencyGround: 'LOSS_OF_RELEVANCE',
  content: {
    language: 'en',
    title: PLANTED.title,
    offence: PLANTED.offence,
    facts: [{ basis: 'FACT', text: PLANTED.fact }],
    subjects: [
      {
        category: 'SUSPECT',
        names: [
          name('Latn', NAMES.latin),
          name('Arab', NAMES.arabic),
          name('Cyrl', NAMES.cyrillic),
          name('Beng', NAMES.bengali),
        ],
        nationalities: ['IRQ'],
        protection: 'NOT_SOUGHT',
        documents: [{ type: 'PASSPORT', number: DOCUMENT, issuer: 'IRQ' }],
        identifiers: [{ kind: 'PHONE', value: PLANTED.phone }],
      },
    ],
    items: [
      { itemId: '1', question: PLANTED.question },
      { itemId: '2', question: PLANTED.question },
    ],
    purposeLink: PLANTED.purposeLink,
    reasonToBelieve: PLANTED.reason,
  },
};

/** Every kind of message that carries content, with a planted word in each. */
async function plant(world: World): Promise<string> {
  const cast = world.cast();
  const [rs, iq] = [cast.officer('rs.liaison'), cast.officer('iq.duty')];
  const done = async (by: typeof rs, { envelopeId = '' }: { envelopeId?: string }): Promise<void> =>
    void (await by.waitForEnvelope(envelopeId, { until: 'ACCEPTED' }));
  const [legId = '', other = ''] = [...(await world.deliver(rs, REQUEST)), ...(await world.deliver(rs, REQUEST))];
  const request = (await iq.leg(legId)).messages.find(({ type }) => type === requestSubmitted.type);
  await iq.content(legId, request?.envelopeId ?? '');
  await iq.assign(legId, { unit: PLANTED.unit, instruction: PLANTED.instruction });
  await iq.addNote(legId, PLANTED.note);
  const asked = await iq.askClarification(legId, text(PLANTED.clarification));
  await done(iq, asked);
  await rs.waitForLeg(legId, ({ state }) => state?.pendingClarification === asked.clarificationId);
  await done(rs, await rs.answerClarification(legId, asked.clarificationId, text(PLANTED.explanation)));
  await iq.waitForLeg(legId, ({ state }) => state?.clock.state === 'RUNNING');
  const statement = {
    basis: 'FACT' as const,
    text: `${PLANTED.partial} ${NAMES.arabic}`,
    grade: { source: 'B' as const, information: '2' as const },
    handling: 'H2' as const,
  };
  const items = [{ itemId: '1', result: 'FOUND' as const, statements: [statement] }];
  await done(iq, await iq.respond(legId, { final: false, language: 'en', handling: 'H2', caveats: [], items }));
  const expectedBy = new Date(Date.now() + 3600_000).toISOString();
  await done(iq, await iq.announceAuthorisation(legId, { ...text(PLANTED.awaited), expectedBy }));
  await done(iq, await iq.refuse(legId, { ground: 'NOT_AVAILABLE', items: ['2'], reason: text(PLANTED.refusal) }));
  await rs.waitForLeg(legId, ({ status }) => status === 'PARTIALLY_REFUSED');
  await done(rs, await rs.askReconsideration(legId, text(PLANTED.reconsideration)));
  await iq.waitForLeg(legId, ({ state }) => state?.status === 'ACKNOWLEDGED');
  await done(iq, await iq.decline(legId));
  await rs.waitForLeg(legId, ({ status }) => status === 'DECLINED_UNSPECIFIED');
  await done(rs, await rs.close(legId, { outcome: 'NO_USE', comment: text(PLANTED.comment) }));
  await done(rs, await rs.withdraw(other, { reason: text(PLANTED.withdrawal) }));
  return legId;
}

/** Every value of every table of a database: bytes as they are, all else as text. */
async function* everyValue(world: World, database: string): AsyncGenerator<{ where: string; bytes: Buffer }> {
  const columns = await query<{ place: string; name: string; type: string }>(
    world,
    database,
    `select format('%I.%I', c.table_schema, c.table_name) as place, quote_ident(column_name) as name, data_type as type
     from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where c.table_schema not in ('pg_catalog', 'information_schema') and t.table_type = 'BASE TABLE'`,
  );
  for (const { place, name: column, type } of columns) {
    const shown = type === 'bytea' ? column : `convert_to(${column}::text, 'UTF8')`;
    const rows = await query<{ value: Buffer | null }>(world, database, `select ${shown} as value from ${place}`);
    for (const { value } of rows) if (value) yield { where: `${place}.${column}`, bytes: value };
  }
}

async function leaksIn(world: World, database: string, words: readonly string[]): Promise<string[]> {
  const leaks = new Set<string>();
  const search = new PlaintextSearch(words);
  for await (const { where, bytes } of everyValue(world, database)) {
    for (const word of search.in(bytes)) leaks.add(`${word} in ${where}`);
  }
  return [...leaks];
}

/** Searches every place that the hub's operator can look into for words that were in messages. */
export function secrecySuite(world: () => World): void {
  let legId: string;
  const planted = new PlaintextSearch(WORDS);
  beforeAll(async () => {
    legId = await plant(world());
  }, 60_000);

  it('no table of the hub holds a planted word; the search does find what is there', async () => {
    expect(await leaksIn(world(), 'hub', WORDS)).toEqual([]);
    expect((await leaksIn(world(), 'hub', [legId])).length).toBeGreaterThan(1);
    // Inside a signed envelope: only whoever decodes it finds it.
    expect(await leaksIn(world(), 'hub', ['LOSS_OF_RELEVANCE'])).not.toEqual([]);
  });

  it('no record of any topic holds one, at any depth', async () => {
    const records = await everyRecord(world());
    const leaks = new Set<string>();
    const known = new Set<string>();
    const open = new PlaintextSearch([legId, 'LOSS_OF_RELEVANCE']);
    for (const { topic, key, value, headers } of records) {
      const bytes = Buffer.concat([Buffer.from(`${key} ${JSON.stringify(headers)} `), value]);
      for (const word of planted.in(bytes)) leaks.add(`${word} in ${topic}`);
      for (const word of open.in(bytes)) known.add(`${word} in ${topic}`);
    }
    expect([...leaks]).toEqual([]);
    expect([...known].sort()).toEqual(
      [
        `${legId} in requests.events`,
        `${legId} in requests.submissions`,
        'LOSS_OF_RELEVANCE in requests.events',
        'LOSS_OF_RELEVANCE in requests.submissions',
      ].sort(),
    );
  });

  it('no log line of any app holds one', () => {
    const logs = path.join(world().dir, 'logs');
    const files = readdirSync(logs);
    expect(files.length).toBeGreaterThan(8);
    const leaks = files.flatMap((file) =>
      planted.in(readFileSync(path.join(logs, file))).map((word) => `${word} in ${file}`),
    );
    expect(leaks).toEqual([]);
  });

  it('and at the access points themselves it is encrypted at rest', async () => {
    for (const participant of ['rs', 'iq']) expect(await leaksIn(world(), `ap_${participant}`, WORDS)).toEqual([]);
  });

  it('who may read it reads it', async () => {
    const iq = world().cast().officer('iq.duty');
    const { messages } = await iq.leg(legId);
    const request = messages.find(({ type }) => type === requestSubmitted.type);
    const { content } = await iq.content(legId, request?.envelopeId ?? '');
    // What is known of a claim to protection stays where it was said.
    const subjects = REQUEST.content.subjects.map(({ protection: _, ...subject }) => subject);
    expect(content).toEqual({ ...REQUEST.content, subjects });
  });
}
