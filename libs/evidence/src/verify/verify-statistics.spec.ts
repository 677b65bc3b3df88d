import { participantUrnOf, type StatisticsTable, serviceUrnOf } from '#libs/contracts';
import { EvidenceWorkshop, newParty, StatisticsWorkshop, TestLog } from '#libs/testing';
import { serialiseNote } from '#libs/transparency-log';
import type { BasisLeaf } from '../statistics/statistics-files.js';
import { verifyStatistics } from './verify-statistics.js';

const LEGS = 6;

let made: StatisticsWorkshop;
beforeEach(async () => {
  made = await StatisticsWorkshop.open();
  await made.exchange(LEGS);
});

const verify = (file: unknown, lines: readonly Uint8Array[] = made.lines()) =>
  verifyStatistics(Buffer.from(JSON.stringify(file)), lines, { roots: made.workshop.roots });
/** Names of the rules that do not hold; nothing follows then. */
async function failed(file: unknown, lines?: readonly Uint8Array[]): Promise<string[]> {
  const { holds, checks, facts } = await verify(file, lines);
  expect([holds, facts]).toEqual([false, undefined]);
  return checks.filter((check) => !check.holds).map(({ rule }) => rule);
}
const renumbered = (basis: readonly BasisLeaf[]) => basis.map((leaf, index) => ({ ...leaf, index }));
/** The honest statement with another basis. */
const failedWith = async (basis: readonly BasisLeaf[]) => failed(await made.file(), made.lines(basis));
const replaced = (place: number, changed: Partial<BasisLeaf>) =>
  made.basis.with(place, { ...made.basis[place]!, ...changed });

describe('issued statistics', () => {
  it('follow from the basis, whoever counts', async () => {
    const { checks, facts } = await verify(await made.file());
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(facts).toMatchObject({
      realm: 'production',
      from: EvidenceWorkshop.at(0).toISOString(),
      to: EvidenceWorkshop.at(500).toISOString(),
      issuedAt: EvidenceWorkshop.at(610).toISOString(),
      events: 2 * LEGS,
      log: { origin: made.workshop.log.origin, size: 3 * LEGS, witnesses: ['rs', 'iq', 'tr'] },
    });
    expect(facts?.table.counts.ANSWERED.ROUTINE).toMatchObject({ BETWEEN_COUNTRIES: LEGS, TOTAL: LEGS });
  });

  it('are counted by pair classes as the directory had them, whatever came afterwards', async () => {
    const header = await made.header();
    const organisation = { id: participantUrnOf('iq'), type: 'PARTNER_ORG', name: 'Iraq (invented)', routeRoles: [] };
    await made.community.add({ kind: 'participant-admitted', participant: organisation });
    expect((await verify(await made.file(header))).holds).toBe(true);
    const { table } = (await made.header()) as { table: StatisticsTable };
    expect(table.counts.ANSWERED.ROUTINE).toMatchObject({ COUNTRY_TO_ORGANISATION: LEGS, BETWEEN_COUNTRIES: 0 });
    expect(await failed(await made.file({ ...header, table }))).toEqual(['statistics-table']);
  });

  it('are refused when the table is off by one, even where the hub itself signed it', async () => {
    const header = await made.header();
    const text = JSON.stringify(header.table);
    const table = JSON.parse(text.replace(`"BETWEEN_COUNTRIES":${LEGS}`, `"BETWEEN_COUNTRIES":${LEGS + 1}`));
    expect(JSON.stringify(table)).not.toBe(text);
    expect(await failed(await made.file({ ...header, table }))).toEqual(['statistics-table']);
  });

  it('are refused when they show what is too small to be shown', async () => {
    const few = await StatisticsWorkshop.open();
    await few.exchange(3);
    const header = await few.header();
    const table = JSON.parse(JSON.stringify(header.table).replace('"BETWEEN_COUNTRIES":null', '"BETWEEN_COUNTRIES":3'));
    made = few;
    expect((await verify(await few.file())).holds).toBe(true);
    expect(await failed(await few.file({ ...header, table }))).toEqual(['statistics-table']);
  });

  it('are refused with any byte of the statement changed, and from anybody but the audit service', async () => {
    const file = await made.file();
    const [head, payload, signature] = file.statement.split('.') as [string, string, string];
    const other = Buffer.from(payload, 'base64url').toString().replace('"rules":1', '"rules":2');
    const forged = [head, Buffer.from(other).toString('base64url'), signature].join('.');
    expect(await failed({ ...file, statement: forged })).toEqual(['statistics-signature']);
    for (const by of [made.community.requests, made.community.rs])
      expect(await failed(await made.file(undefined, by))).toEqual(['statistics-signature']);
    const stranger = await newParty(serviceUrnOf('audit'));
    expect(await failed(await made.file(undefined, stranger))).toEqual(['key-valid-at-time']);
  });

  it('are refused for another period than was counted', async () => {
    const header = await made.header({ from: EvidenceWorkshop.at(6).toISOString() });
    expect(await failed(await made.file(header))).toEqual(['statistics-table']);
  });

  it.each([
    ['unknown rules', { rules: 2 }],
    ['a period that ends before it begins', { from: EvidenceWorkshop.at(500).toISOString() }],
    ['a period that was not over when it was signed', { to: EvidenceWorkshop.at(611).toISOString() }],
  ])('are refused for %s', async (_what, changed) => {
    expect(await failed(await made.file(await made.header(changed)))).toContain('statistics-period');
  });

  it('are refused under another checkpoint: smaller, cosigned by too few, or of another log', async () => {
    const under = async (note: ReturnType<StatisticsWorkshop['checkpoint']>) =>
      failed(await made.file(await made.header({ checkpoint: serialiseNote(note).toString() })));
    expect(await under(made.checkpoint(made.basis.length - 1))).toEqual(['basis-complete']);
    expect(await under(made.checkpoint(made.basis.length, 2))).toEqual(['witness-quorum']);
    const forked = new TestLog(made.workshop.log.origin);
    forked.appendOthers(made.basis.length);
    const witnesses = forked.witnesses.slice(0, 3);
    expect(await under(forked.checkpoint(forked.size, { witnesses, at: EvidenceWorkshop.at(600) }))).toEqual(['root']);
    const { key } = new TestLog('other.example/audit/2026');
    const byOther = made.workshop.log.checkpoint(made.basis.length, { log: key, witnesses, at: EvidenceWorkshop.at(600) }); // biome-ignore format: a line
    expect(await under(byOther)).toEqual(['checkpoint-signature']);
  });

  it('are refused with another directory, or one that may lack changes', async () => {
    const header = await made.header();
    const { version, head } = header.directory as { version: number; head: string };
    const under = async (directory: object) => failed(await made.file({ ...header, directory }));
    expect(await under({ version: version - 1, head })).toEqual(['directory-chain']);
    expect(await under({ version: version + 1, head })).toEqual(['directory-chain']);
    const file = await made.file();
    const statement = await made.community.statement(EvidenceWorkshop.at(0));
    expect(await failed({ ...file, directory: { ...file.directory, statement } })).toEqual(['directory-statement']);
  });

  it.each([
    ['nothing', ''],
    ['no object', []],
    ['no statement', { directory: { changes: [], statement: '' } }],
    ['more than there is', { statement: 'a.b.c', directory: { changes: [], statement: '' }, more: 1 }],
  ])('are refused as %s', async (_what, file) => {
    expect(await failed(file)).toEqual(['statistics-form']);
  });
});

describe('a basis', () => {
  it('is refused with a leaf left out, whether the others move up or not', async () => {
    for (const place of [0, 1, 7, made.basis.length - 1]) {
      const dropped = made.basis.toSpliced(place, 1);
      expect(await failedWith(dropped)).toEqual(['basis-complete']);
      expect(await failedWith(renumbered(dropped))).toEqual(['basis-complete']);
    }
  });

  it('is refused with an event put in the place of another, or of a leaf of another topic', async () => {
    const [event, other] = [made.basis[0]!, made.basis[3]!];
    for (const place of [1, 5]) expect(await failedWith(renumbered(made.basis.with(place, event)))).toContain('root');
    expect(await failedWith(renumbered(made.basis.with(0, other).with(3, event)))).toContain('root');
  });

  it('is refused with a leaf twice, with one more, and with two that changed places', async () => {
    const [first, second] = made.basis as [BasisLeaf, BasisLeaf];
    expect(await failedWith(made.basis.toSpliced(1, 0, first))).toEqual(['basis-complete']);
    expect(await failedWith(renumbered([...made.basis, first]))).toEqual(['basis-complete']);
    expect(await failedWith(made.basis.with(0, second).with(1, first))).toEqual(['basis-complete']);
  });

  it('is refused with a record changed: its time, or its topic', async () => {
    const { record, salt } = made.basis[0]!;
    const late = { ...record, acceptedAt: EvidenceWorkshop.at(501).toISOString() };
    expect(await failedWith(replaced(0, { record: late }))).toContain('root');
    const hidden = { index: 0, salt, record: { ...record, topic: 'requests.submissions' } };
    expect(await failedWith(made.basis.with(0, hidden))).toContain('root');
    expect(await failedWith(replaced(1, { salt: made.basis[2]!.salt }))).toEqual(['root']);
  });

  it('is refused with another event beside a leaf, or none', async () => {
    expect(await failedWith(replaced(0, { event: made.basis[3]!.event! }))).toEqual(['leaf-opening']);
    const { event: _none, ...leaf } = made.basis[0]!;
    expect(await failedWith(made.basis.with(0, leaf))).toEqual(['basis-complete']);
  });

  it.each(['envelope-signature', 'key-valid-at-time'])(
    'is refused with an event in the log that the service requests did not sign: %s',
    async (rule) => {
      const header = await made.header();
      const stranger = await newParty(serviceUrnOf('requests'));
      await made.event(made.submitted(), rule === 'key-valid-at-time' ? stranger : made.community.gateway);
      const checkpoint = serialiseNote(made.checkpoint()).toString();
      expect(await failed(await made.file({ ...header, checkpoint }))).toEqual([rule]);
    },
  );

  it('is refused with a line that is none', async () => {
    const lines = made.lines();
    for (const line of ['', '{}', '{"index":0}', 'null', '{'])
      expect(await failed(await made.file(), lines.with(2, Buffer.from(line)))).toEqual(['basis-complete']);
  });
});
