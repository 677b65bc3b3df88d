import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { Plan } from '../plan.js';
import { type Distribution, distributionOf, median } from '../statistics/distribution.js';
import type { Target } from '../target.js';
import { BaselineRepository } from './baseline.repository.js';
import { MeasuredLog } from './measured-log.js';

/** As many records as one transaction takes. */
const BATCH = 256;
const RECORD_BYTES = 330;

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
  /** The same rate of batches where the log is small and where it is large, and how long taking over takes there, in milliseconds. */
  readonly growth: readonly {
    readonly leaves: number;
    readonly sequencedPerSecond: number;
    readonly beginMs: number;
  }[];
  readonly ratios: {
    readonly sequencedToChainedRows: number;
    readonly sequencedToRows: number;
    /** Wall time of one event to that of one ES256 verification. */
    readonly eventToVerification: number;
    readonly largeToSmall: number;
    readonly beginLargeToSmall: number;
  };
}

interface MeasureLogOptions {
  readonly target: Target;
  readonly plan: Plan['log'];
  readonly say: (line: string) => void;
}

export async function measureLog({ target, plan, say }: MeasureLogOptions): Promise<LogResult> {
  const log = await MeasuredLog.create(target.postgresUrl);
  const baseline = await BaselineRepository.connect(log.url);
  try {
    await log.begin();
    say(`Filling the log with ${plan.smallLeaves} leaves ...`);
    await fill(log, plan.smallLeaves);
    const rates = {
      sequenced: [] as number[],
      chained: [] as number[],
      rows: [] as number[],
      verified: [] as number[],
    };
    for (let window = 1; window <= plan.windows; window += 1) {
      say(`Sequencing, rows and signatures, window ${window} of ${plan.windows} ...`);
      rates.sequenced.push(await sequencedPerSecond(log, plan.batches));
      rates.chained.push(await perSecond(plan.rows, () => baseline.insertChained(recordOf())));
      rates.rows.push(await perSecond(plan.rows, () => baseline.insertPlain(recordOf())));
      rates.verified.push(await verificationsPerSecond(plan.verifications));
    }
    say(`A lone writer, ${plan.loneRecords} records ...`);
    const loneWriter = await loneWriterOf(log, plan.loneRecords);
    const small = await growthOf(log, plan);
    say(`Filling the log with ${plan.largeLeaves} leaves ...`);
    await fill(log, plan.largeLeaves);
    const large = await growthOf(log, plan);
    const [sequenced, chained, rows, verified] = [rates.sequenced, rates.chained, rates.rows, rates.verified].map(
      median,
    );
    return {
      windows: plan.windows,
      sequencedPerSecond: sequenced!,
      chainedRowsPerSecond: chained!,
      rowsPerSecond: rows!,
      es256VerificationsPerSecond: verified!,
      loneWriter,
      growth: [small, large],
      ratios: {
        sequencedToChainedRows: sequenced! / chained!,
        sequencedToRows: sequenced! / rows!,
        eventToVerification: verified! / sequenced!,
        largeToSmall: large.sequencedPerSecond / small.sequencedPerSecond,
        beginLargeToSmall: large.beginMs / small.beginMs,
      },
    };
  } finally {
    await baseline.end();
    await log.drop();
  }
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

async function growthOf(log: MeasuredLog, { windows, batches }: Plan['log']): Promise<LogResult['growth'][number]> {
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

/** The result for people, as lines. */
export function describeLog({ growth, loneWriter, ratios, ...result }: LogResult): string {
  const per = (rate: number): string => `${rate.toFixed(0)}/s`;
  return [
    `Sequenced in batches of ${BATCH}: ${per(result.sequencedPerSecond)}`,
    `  one hash-chained row per event: ${per(result.chainedRowsPerSecond)}, ratio ${ratios.sequencedToChainedRows.toFixed(1)} (must be 10, aim 20)`,
    `  one row per event: ${per(result.rowsPerSecond)}, ratio ${ratios.sequencedToRows.toFixed(1)} (must be 5, aim 10)`,
    `  ES256 verifications: ${per(result.es256VerificationsPerSecond)}; time per event to one of them ${ratios.eventToVerification.toFixed(2)} (must be at most 1, aim 0.4)`,
    `A lone writer: p50 ${loneWriter.p50.toFixed(1)} ms, p99 ${loneWriter.p99.toFixed(1)} ms (must be at most 5 ms)`,
    ...growth.map(
      ({ leaves, sequencedPerSecond: rate, beginMs }) =>
        `At ${leaves} leaves: ${per(rate)}, taking over takes ${beginMs.toFixed(0)} ms`,
    ),
    `  large to small: ${ratios.largeToSmall.toFixed(2)} (must be 0.9, aim 0.98); taking over ${ratios.beginLargeToSmall.toFixed(2)} (must be at most 2, aim 1.2)`,
  ].join('\n');
}
