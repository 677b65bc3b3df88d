import {
  logOpened,
  MAX_ENVELOPE_BYTES,
  type Realm,
  realm as realms,
  type StatisticsTable,
  serviceUrnOf,
  statisticsIssued,
  TOPICS,
} from '#libs/contracts';
import { claimedTime, ENVELOPE_TYP, isMessage, parseCompactJws, parseStrictJson, verifyEnvelope } from '#libs/envelope';
import { isSeraiError } from '#libs/errors';
import { Frontier, leafHash, parseNote } from '#libs/transparency-log';
import type { Directory, RootKeys } from '#libs/trust';
import { leafEntry, messageHashOf } from '../record/log-record.js';
import { countedLogs } from '../statistics/counted-logs.js';
import { countedEvent, pairClassesOf } from '../statistics/request-event.js';
import { type CountedEvent, StatisticsCount } from '../statistics/statistics-count.js';
import { type BasisLeaf, parseBasisLeaf, type StatisticsFile, statisticsFile } from '../statistics/statistics-files.js';
import { STATISTICS_RULES } from '../statistics/statistics-table.js';
import { demand, Report, type Rule, RuleError, type Verdict } from './report.js';
import { foldDirectory, verifyStatement } from './verify-directory.js';
import { CheckpointJudge, type WitnessedCheckpoint } from './verify-log.js';
import { CLOCK_TOLERANCE_MS, underKeyRule } from './verify-message.js';
import type { TrustAnchors } from './verify-pack.js';

/** What follows from issued statistics and their basis: whoever counts gets this table. */
export interface StatisticsFacts {
  readonly realm: Realm;
  readonly from: string;
  readonly to: string;
  readonly issuedAt: string;
  readonly table: StatisticsTable;
  /** How many events were counted. */
  readonly events: number;
  readonly log: { readonly origin: string; readonly size: number; readonly witnesses: readonly string[] };
  /** Logs that it continues, which were counted too; the oldest first. */
  readonly earlier: readonly { readonly origin: string; readonly size: number }[];
  /** When the directory service stated that the key was not ended by then. */
  readonly statedAt: string;
}

type Issued = Awaited<ReturnType<typeof verifyIssued>>;

/**
 * Counts statistics again, without network and without the hub: every leaf of the log up to the checkpoint, every event, the table.
 *
 * @param file issued statistics, as a file
 * @param basis lines of the basis file, without their line feeds
 * @returns every check that was made; never throws for what the files contain
 * @example const { holds, facts } = await verifyStatistics(await readFile('q3.json'), linesOf('basis.jsonl'), { roots })
 */
export async function verifyStatistics(
  file: Uint8Array,
  basis: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { roots }: TrustAnchors,
): Promise<Verdict<StatisticsFacts>> {
  const report = new Report();
  const read = await report.attempt('statistics-form', undefined, () => readFile(file));
  if (read === undefined) return report.verdict();
  const directory = await report.attempt('directory-chain', 'directory.changes', () => directoryOf(read, roots));
  if (directory === undefined) return report.verdict();
  const issued = await report.attempt('statistics-signature', 'statement', () => verifyIssued(read, directory));
  if (issued === undefined) return report.verdict();
  const statedAt = await report.attempt('directory-statement', 'directory.statement', () =>
    verifyStatement(Buffer.from(read.directory.statement), directory, new Date(issued.time)),
  );
  const logs = await report.attempt('checkpoint-signature', 'checkpoint', () => verifyLogs(issued, directory));
  if (logs === undefined || statedAt === undefined) return report.verdict();
  await report.attempt('witness-quorum', 'checkpoint', () => undefined);
  await report.attempt('statistics-period', undefined, () => assertOver(issued, logs.at(-1)!.witnessed));
  const counted = await report.attempt('basis-complete', 'basis', async () =>
    countBasis(basis, { issued, logs, directory, asOf: await asOfIssue(read, issued, roots) }),
  );
  if (counted === undefined) return report.verdict();
  await report.attempt('root', 'basis', () => {
    for (const [place, frontier] of counted.frontiers.entries()) assertRoot(frontier, logs[place]!.witnessed);
  });
  await report.attempt('statistics-table', 'statement', () => assertTable(issued, counted.table));
  return report.verdict(factsOf({ issued, logs, statedAt, events: counted.events }));
}

/** A log under the checkpoint where it ends for these statistics. */
interface VerifiedLog {
  readonly witnessed: WitnessedCheckpoint;
  /** Its first leaf, where it continues another log. */
  readonly opening: string | undefined;
}

/** The oldest first; each but that one begins where the one before it ends. */
async function verifyLogs({ header }: Issued, directory: Directory): Promise<VerifiedLog[]> {
  const judge = new CheckpointJudge(directory);
  const logs: VerifiedLog[] = [];
  for (const { checkpoint, opening } of countedLogs(header)) {
    const witnessed = judge.judge(parseNote(Buffer.from(checkpoint)));
    if (opening !== undefined) {
      const { origin, previous } = await verifyOpening(opening, directory);
      const isNext =
        origin === witnessed.checkpoint.origin && previous.origin === logs.at(-1)?.witnessed.checkpoint.origin;
      demand(isNext, 'A log does not begin where the one before it ends.');
    }
    logs.push({ witnessed, opening });
  }
  return logs;
}

async function verifyOpening(opening: string, directory: Directory) {
  const verified = await underKeyRule(
    verifyEnvelope(opening, {
      realm: directory.realm,
      channel: 'audit.epochs',
      keys: directory.keyResolver(),
      at: claimedTime(opening),
      audience: 'any',
      source: serviceUrnOf('audit'),
    }),
  );
  demand(isMessage(verified, logOpened), 'The audit service says something else than that a log begins.');
  return verified.event.data.header;
}

function readFile(file: Uint8Array): StatisticsFile {
  const parsed = statisticsFile.safeParse(parseStrictJson(file, 'ERR_EVIDENCE_PACK'));
  demand(parsed.success, 'The file is not {"statement": ..., "directory": {...}}.');
  return parsed.data;
}

/** As of the last change: later ones end keys. The realm is what the statement claims; both signatures are bound to it. */
async function directoryOf({ statement, directory }: StatisticsFile, roots: RootKeys): Promise<Directory> {
  return foldDirectory(changesFile(directory.changes), claimedRealm(statement), roots);
}

/** As of the statement: so the pair classes are told apart as they were. */
async function asOfIssue(
  { statement, directory }: StatisticsFile,
  { header }: Issued,
  roots: RootKeys,
): Promise<Directory> {
  const { version, head } = header.directory;
  const asOf = await foldDirectory(changesFile(directory.changes.slice(0, version)), claimedRealm(statement), roots);
  if (asOf.version === version && asOf.head === head) return asOf;
  throw new RuleError('directory-chain', 'The statement names another directory than that of the file.');
}

const changesFile = (changes: readonly unknown[]): Buffer => Buffer.from(JSON.stringify({ changes }));

function claimedRealm(statement: string): Realm {
  const { payload } = parseCompactJws(statement, ENVELOPE_TYP, MAX_ENVELOPE_BYTES);
  const claimed = parseStrictJson(payload, 'ERR_EVIDENCE_PACK') as { readonly realm?: unknown } | null;
  const parsed = realms.safeParse(claimed?.realm);
  demand(parsed.success, 'The statement names no realm.');
  return parsed.data;
}

async function verifyIssued({ statement }: StatisticsFile, directory: Directory) {
  const at = claimedTime(statement);
  const verified = await underKeyRule(
    verifyEnvelope(statement, {
      realm: directory.realm,
      channel: 'audit.answers',
      keys: directory.keyResolver(),
      at,
      audience: 'any',
      source: serviceUrnOf('audit'),
    }),
  );
  demand(isMessage(verified, statisticsIssued), 'The audit service says something else than statistics.');
  const { header } = verified.event.data;
  return { realm: directory.realm, time: verified.event.time, header };
}

function assertOver({ header, time }: Issued, { witnessedAt }: WitnessedCheckpoint): void {
  const { rules, from, to } = header;
  demand(rules === STATISTICS_RULES, `The rules ${rules} are not known here, only those of ${STATISTICS_RULES}.`);
  demand(from < to, 'The period ends before it begins.');
  const isOver = to <= time && Date.parse(to) <= witnessedAt.getTime() + CLOCK_TOLERANCE_MS;
  demand(isOver, `The period ends at ${to}, and the checkpoint was witnessed at ${witnessedAt.toISOString()}.`);
}

interface Counting {
  readonly issued: Issued;
  readonly logs: readonly VerifiedLog[];
  readonly directory: Directory;
  readonly asOf: Directory;
}

async function countBasis(
  basis: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { issued: { header }, logs, directory, asOf }: Counting,
) {
  const period = { from: Date.parse(header.from), to: Date.parse(header.to) };
  const count = new StatisticsCount(period, pairClassesOf(asOf));
  const frontiers = logs.map(() => new Frontier());
  let [log, events, lines] = [0, 0, 0];
  for await (const line of basis) {
    lines += 1;
    const leaf = under('basis-complete', `Line ${lines}`, () => parseBasisLeaf(line));
    while (frontiers[log]?.size === logs[log]?.witnessed.checkpoint.size && log < logs.length) log += 1;
    const frontier = frontiers[log];
    demand(frontier !== undefined, `The basis goes on behind the ${lines - 1} leaves of the checkpoint.`);
    demand(leaf.index === frontier.size, `Leaf ${leaf.index} stands where leaf ${frontier.size} belongs.`);
    if (frontier.size === 0) assertOpening(leaf, logs[log]!);
    frontier.append(leafHash(leafEntry(leaf.record, leaf.salt)));
    if (leaf.record.topic !== TOPICS.requestEvents.name) continue;
    count.add(leaf.record.acceptedAt, await verifiedEvent(leaf, directory));
    events += 1;
  }
  for (const [place, { size }] of frontiers.entries()) {
    const expected = logs[place]!.witnessed.checkpoint.size;
    demand(size === expected, `The basis has ${size} leaves, the checkpoint ${expected}.`);
  }
  return { frontiers, events, table: count.table() };
}

/** A log that continues another one begins with saying so. */
function assertOpening({ record }: BasisLeaf, { opening }: VerifiedLog): void {
  const isOpening = opening === undefined || messageHashOf(opening) === record.messageHash;
  demand(isOpening, 'The first leaf of a log is another than the opening that names the log before it.');
}

async function verifiedEvent({ index, record, event }: BasisLeaf, directory: Directory): Promise<CountedEvent> {
  demand(event !== undefined, `Leaf ${index} stands for an event that is not there.`);
  if (messageHashOf(event) !== record.messageHash)
    throw new RuleError('leaf-opening', `Leaf ${index} stands for another event than the one beside it.`);
  try {
    return await underKeyRule(countedEvent(event, record.acceptedAt, directory));
  } catch (error) {
    if (!isSeraiError(error) || error instanceof RuleError) throw error;
    throw new RuleError('envelope-signature', `Leaf ${index}: ${error.message}`);
  }
}

function under<T>(rule: Rule, about: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isSeraiError(error)) throw error;
    throw new RuleError(rule, `${about}: ${error.message}`);
  }
}

function assertRoot(frontier: Frontier, { checkpoint }: WitnessedCheckpoint): void {
  demand(
    checkpoint.root.equals(frontier.root()),
    'The leaves give another root: one of them was changed, left out, added or moved.',
  );
}

function assertTable({ header }: Issued, counted: StatisticsTable): void {
  demand(JSON.stringify(header.table) === JSON.stringify(counted), 'Counting gives another table than the one stated.');
}

interface Verified {
  readonly issued: Issued;
  readonly logs: readonly VerifiedLog[];
  readonly statedAt: string;
  readonly events: number;
}

function factsOf({ issued, logs, statedAt, events }: Verified): StatisticsFacts {
  const { from, to, table } = issued.header;
  const { checkpoint, witnesses } = logs.at(-1)!.witnessed;
  const log = { origin: checkpoint.origin, size: checkpoint.size, witnesses };
  const earlier = logs
    .slice(0, -1)
    .map(({ witnessed: { checkpoint: end } }) => ({ origin: end.origin, size: end.size }));
  return { realm: issued.realm, from, to, issuedAt: issued.time, table, events, log, earlier, statedAt };
}
