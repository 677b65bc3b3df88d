import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import { FSCK_PARTS, type FsckPart } from '../../../apps/audit/src/fsck/fsck-report.js';
import type { Plan } from '../plan.js';
import { type Distribution, distributionOf, median } from '../statistics/distribution.js';
import type { Target } from '../target.js';
import { BaselineRepository } from './baseline.repository.js';
import { MeasuredLog } from './measured-log.js';
import { buildTessera, measureTessera, type TesseraFigures } from './tessera.js';

/** As many records as one transaction takes. */
const BATCH = 256;
const RECORD_BYTES = 330;
const HASH_BYTES = 32;

/** What the log costs, beside what is compared with it, measured in turns. Rates are per second, medians of the windows. */
export interface LogResult {
  readonly windows: number;
  /** In batches of 256, each one transaction that PostgreSQL has on disk. */
  readonly sequencedPerSecond: number;
  /** One row with the hash of the row before, one commit each, one connection. */
  readonly chainedRowsPerSecond: number;
  /** One row, one commit each, one connection. */
  readonly rowsPerSecond: number;
  readonly es256VerificationsPerSecond: number;
  /** From handing one record in until it is in the log, one after the other; milliseconds. */
  readonly loneWriter: Distribution;
  /** The POSIX driver of Tessera with batches of 256, which keeps files and no database; absent where there is no Go. */
  readonly tessera?: { readonly leavesPerSecond: number; readonly loneWriter: Distribution };
  /** Leaves per second of writing tiles durably, and of each part of fsck. */
  readonly tilesWrittenPerSecond: number;
  readonly fsckPerSecond: Readonly<Record<FsckPart, number>>;
  /** The same rate of batches where the log is small and where it is large, and how long taking over takes there, in milliseconds. */
  readonly growth: readonly Growth[];
  readonly ratios: {
    readonly sequencedToChainedRows: number;
    readonly sequencedToRows: number;
    /** Wall time of one event to that of one ES256 verification. */
    readonly eventToVerification: number;
    readonly sequencedToTessera?: number;
    readonly loneToTessera?: number;
    /** Of the slowest part. */
    readonly fsckToSequenced: number;
    /** Bytes of hash tiles per leaf to the 32 of its hash. */
    readonly tileBytesToHash: number;
    readonly largeToSmall: number;
    readonly beginLargeToSmall: number;
  };
}

interface Growth {
  readonly leaves: number;
  readonly sequencedPerSecond: number;
  readonly beginMs: number;
}

interface MeasureLogOptions {
  readonly target: Target;
  readonly plan: Plan['log'];
  readonly say: (line: string) => void;
}

export async function measureLog({ target, plan, say }: MeasureLogOptions): Promise<LogResult> {
  const tessera = await buildTessera(say);
  const log = await MeasuredLog.create(target.postgresUrl);
  const baseline = await BaselineRepository.connect(log.url);
  try {
    await log.begin();
    say(`Filling the log with ${plan.smallLeaves} leaves ...`);
    await fill(log, plan.smallLeaves);
    const inTurns = {
      sequenced: [] as number[],
      chained: [] as number[],
      rows: [] as number[],
      verified: [] as number[],
    };
    const others: TesseraFigures[] = [];
    for (let window = 1; window <= plan.windows; window += 1) {
      say(`Sequencing, rows, signatures and Tessera, window ${window} of ${plan.windows} ...`);
      inTurns.sequenced.push(await sequencedPerSecond(log, plan.batches));
      inTurns.chained.push(await perSecond(plan.rows, () => baseline.insertChained(recordOf())));
      inTurns.rows.push(await perSecond(plan.rows, () => baseline.insertPlain(recordOf())));
      inTurns.verified.push(await verificationsPerSecond(plan.verifications));
      if (tessera) others.push(await measureTessera(tessera, plan.batches * BATCH, plan.loneRecords));
    }
    say(`A lone writer, ${plan.loneRecords} records ...`);
    const loneWriter = await loneWriterOf(log, plan.loneRecords);
    const checks = await checksOf(log, plan, say);
    const small = await growthOf(log, plan);
    say(`Filling the log with ${plan.largeLeaves} leaves ...`);
    await fill(log, plan.largeLeaves);
    const large = await growthOf(log, plan);
    return logResult({ windows: plan.windows, inTurns, others, loneWriter, checks, growth: [small, large] });
  } finally {
    await baseline.end();
    await log.drop();
  }
}

interface Measured {
  readonly windows: number;
  /** Rates, one of each window. */
  readonly inTurns: Readonly<Record<'sequenced' | 'chained' | 'rows' | 'verified', readonly number[]>>;
  readonly others: readonly TesseraFigures[];
  readonly loneWriter: Distribution;
  readonly checks: Checks;
  readonly growth: readonly [Growth, Growth];
}

function logResult({ windows, inTurns, others, loneWriter, checks, growth }: Measured): LogResult {
  const sequenced = median(inTurns.sequenced);
  const chained = median(inTurns.chained);
  const rows = median(inTurns.rows);
  const verified = median(inTurns.verified);
  const tessera = tesseraOf(others);
  const [small, large] = growth;
  return {
    windows,
    sequencedPerSecond: sequenced,
    chainedRowsPerSecond: chained,
    rowsPerSecond: rows,
    es256VerificationsPerSecond: verified,
    loneWriter,
    ...(tessera ? { tessera } : {}),
    tilesWrittenPerSecond: checks.tilesWrittenPerSecond,
    fsckPerSecond: checks.fsckPerSecond,
    growth,
    ratios: {
      sequencedToChainedRows: sequenced / chained,
      sequencedToRows: sequenced / rows,
      eventToVerification: verified / sequenced,
      ...(tessera
        ? {
            sequencedToTessera: sequenced / tessera.leavesPerSecond,
            loneToTessera: loneWriter.p50 / tessera.loneWriter.p50,
          }
        : {}),
      fsckToSequenced: Math.min(...Object.values(checks.fsckPerSecond)) / checks.sequencedPerSecond,
      tileBytesToHash: checks.tileBytesToHash,
      largeToSmall: large.sequencedPerSecond / small.sequencedPerSecond,
      beginLargeToSmall: large.beginMs / small.beginMs,
    },
  };
}

function tesseraOf(windows: readonly TesseraFigures[]): LogResult['tessera'] {
  const loneWriter = distributionOf(windows.flatMap(({ loneMs }) => loneMs));
  return loneWriter && { leavesPerSecond: median(windows.map(({ leavesPerSecond }) => leavesPerSecond)), loneWriter };
}

interface Checks {
  readonly tilesWrittenPerSecond: number;
  readonly fsckPerSecond: Readonly<Record<FsckPart, number>>;
  readonly sequencedPerSecond: number;
  readonly tileBytesToHash: number;
}

/** Sequencing, tiles and the parts of fsck in turns: the machine is not as fast from one minute to the next. */
async function checksOf(log: MeasuredLog, plan: Plan['log'], say: (line: string) => void): Promise<Checks> {
  const sequenced: number[] = [];
  const written: number[] = [];
  const checked = new Map<FsckPart, number[]>(FSCK_PARTS.map((part) => [part, []]));
  await log.publish();
  for (let window = 1; window <= plan.windows; window += 1) {
    say(`Tiles and fsck of ${log.size} leaves, window ${window} of ${plan.windows} ...`);
    sequenced.push(await sequencedPerSecond(log, plan.batches));
    written.push(await rateOf(() => log.publish()));
    for (const [part, rates] of checked) {
      rates.push(
        await rateOf(async () => {
          await log.check(part);
          return log.size;
        }),
      );
    }
  }
  return {
    tilesWrittenPerSecond: median(written),
    fsckPerSecond: Object.fromEntries(
      [...checked].map(([part, rates]) => [part, median(rates)]),
    ) as LogResult['fsckPerSecond'],
    sequencedPerSecond: median(sequenced),
    tileBytesToHash: (await log.hashTileBytes()) / log.size / HASH_BYTES,
  };
}

/** How many per second something does that tells how many it has done. */
async function rateOf(work: () => Promise<number>): Promise<number> {
  const begun = performance.now();
  const done = await work();
  return (done * 1000) / (performance.now() - begun);
}

async function fill(log: MeasuredLog, leaves: number): Promise<void> {
  while (log.size < leaves) await log.append(log.newRecords(Math.min(BATCH * 16, leaves - log.size)));
}

/** Records are made before the clock runs. */
async function sequencedPerSecond(log: MeasuredLog, batches: number): Promise<number> {
  const records = Array.from({ length: batches }, () => log.newRecords(BATCH));
  const begun = performance.now();
  for (const batch of records) await log.append(batch);
  return (batches * BATCH * 1000) / (performance.now() - begun);
}

async function growthOf(log: MeasuredLog, { windows, batches }: Plan['log']): Promise<Growth> {
  const leaves = log.size;
  const begins: number[] = [];
  const sequenced: number[] = [];
  for (let window = 0; window < windows; window += 1) {
    const begun = performance.now();
    await log.begin();
    begins.push(performance.now() - begun);
    sequenced.push(await sequencedPerSecond(log, batches));
  }
  return { leaves, sequencedPerSecond: median(sequenced), beginMs: median(begins) };
}

async function loneWriterOf(log: MeasuredLog, count: number): Promise<Distribution> {
  const times: number[] = [];
  for (const record of log.newRecords(count)) {
    const begun = performance.now();
    await log.append([record]);
    times.push(performance.now() - begun);
  }
  return distributionOf(times)!;
}

async function perSecond(count: number, once: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  for (let done = 0; done < count; done += 1) await once();
  return (count * 1000) / (performance.now() - begun);
}

async function verificationsPerSecond(count: number): Promise<number> {
  const { publicKey: key, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message = Buffer.alloc(2_000, 7);
  const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return perSecond(count, async () => {
    if (!verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature)) throw new Error('It must verify.');
  });
}

/** As large as the canonical form of a record. */
const recordOf = (): Buffer =>
  createHash('shake256', { outputLength: RECORD_BYTES }).update(String(Math.random())).digest();
