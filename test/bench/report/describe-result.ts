import type { InsertMode } from '../bare/protocol.js';
import type { Stage, Trace } from '../load/protocol.js';
import type { BenchResult, BusyResult, RateResult } from '../result.js';
import type { Distribution } from '../statistics/distribution.js';

const STAGE_TITLES: Readonly<Record<Stage, string>> = {
  answered: 'the officer has an answer (202)',
  received: "the gateway's receipt is stored",
  accepted: 'the sender sees it accepted',
  inbox: "in the recipient's inbox",
  delivered: 'its delivery statement is accepted',
};

const POINT_TITLES: Readonly<Record<keyof Trace, string>> = {
  signed: 'request signed',
  answered: 'officer answered',
  taken: 'taken by the gateway',
  decided: 'decided on',
  stated: 'decrypted, delivery stated',
  inbox: 'in the inbox',
  statementTaken: 'statement taken by the gateway',
  statementDecided: 'decided on',
  delivered: 'seen by the sender',
};

const MODE_TITLES: Readonly<Record<InsertMode, string>> = {
  'set-based': 'one statement per batch, as our consumers do it',
  'statement-each': 'one INSERT statement per record, one transaction per batch',
  'commit-each': 'one INSERT statement and transaction per record',
};

const number = (value: number, digits = 0): string => value.toFixed(digits).padStart(8);
const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

function timesTable(stages: RateResult['stages']): string[] {
  const row = (stage: Stage, { p50, p95, p99, max }: Distribution): string =>
    `    ${STAGE_TITLES[stage].padEnd(36)}${[p50, p95, p99, max].map((ms) => number(ms)).join('')}`;
  const known = Object.entries(stages) as [Stage, Distribution][];
  return [
    `    ${'ms from the intended moment until'.padEnd(36)}     p50     p95     p99     max`,
    ...known.map(([stage, times]) => row(stage, times)),
  ];
}

function traceLines({ traces }: RateResult): string[] {
  const line = (title: string, trace: Trace): string => {
    const points = Object.entries(trace) as [keyof Trace, number][];
    const told = points
      .toSorted(([, a], [, b]) => a - b)
      .map(([point, ms]) => `${POINT_TITLES[point]} ${ms.toFixed(0)}`);
    return `    ${title}: ${told.join(', ')}`;
  };
  return traces ? [line('the median, in ms', traces.median), line('the slowest in a hundred', traces.p99)] : [];
}

function costLines(result: RateResult): string[] {
  const { cpuMsPerExchange, loadGeneratorCpuMsPerExchange, othersShare, walFlushesPerExchange, deadlocks } = result;
  const commits = Object.entries(result.commitsPerExchange ?? {}).map(([name, count]) => `${name} ${count.toFixed(1)}`);
  if (cpuMsPerExchange === undefined) return ['    CPU time: this system does not tell'];
  return [
    `    CPU ${cpuMsPerExchange.toFixed(2)} ms per exchange over all processes; load generator ${loadGeneratorCpuMsPerExchange?.toFixed(2)} ms beside that; ` +
      `${percent(othersShare ?? 0)} of the machine used by others`,
    `    PostgreSQL commits per exchange: ${commits.join(', ')}; flushes of its log ${walFlushesPerExchange?.toFixed(1)}; deadlocks ${deadlocks}`,
  ];
}

/** The share of the log in the times above. */
function logWaitLines({ logWait }: RateResult): string[] {
  if (!logWait) return [];
  return [
    `    entries of feeds waited for the log: half at most ${logWait.p50} ms, 99 in a hundred at most ${logWait.p99} ms (must be 15 and 100 at 100/s)`,
  ];
}

function rateLines(title: string, result: RateResult): string[] {
  const { windows, exchanges, stages, overloads } = result;
  return [
    `  ${title} (${exchanges} exchanges, medians of ${windows} windows)`,
    ...timesTable(stages),
    ...traceLines(result),
    ...logWaitLines(result),
    ...costLines(result),
    ...(overloads.length > 0 ? [`    more than can be sustained: ${overloads.join('; ')}`] : []),
  ];
}

function sustainedLines({ sustained, search }: BenchResult): string[] {
  const tried = search
    .map(({ rate, sustained: held, reason }) => (held ? `${rate}` : `${rate} (${reason})`))
    .join(', ');
  if (!sustained) return ['Highest sustained rate: none was found', `  tried: ${tried}`];
  const processes = (sustained.processes ?? []).map(
    ({ name, cpuMsPerExchange, memoryMiB }) =>
      `    ${name.padEnd(36)}${number(cpuMsPerExchange, 2)}${number(memoryMiB)}`,
  );
  return [
    `Highest sustained rate: ${sustained.rate} exchanges/s, with nothing lost and no queue growing`,
    `  tried: ${tried}`,
    ...rateLines(`at ${sustained.rate}/s`, sustained),
    ...(processes.length > 0 ? [`    ${'process'.padEnd(36)}  CPU ms  memory MiB`, ...processes] : []),
  ];
}

function growthLines({ growth: { before, after, share } }: BenchResult): string[] {
  const line = ({ stored, perSecond, cpuMsPerExchange }: BusyResult): string =>
    `    with ${stored} exchanges stored${number(perSecond)}/s${cpuMsPerExchange ? `, CPU ${cpuMsPerExchange.toFixed(2)} ms per exchange` : ''}`;
  return [
    `Kept busy with ${(after.stored / before.stored).toFixed(0)} times the data: ${share.toFixed(2)} of the rate`,
    line(before),
    line(after),
  ];
}

function bareLines({ bare, ratio }: BenchResult): string[] {
  const modes = Object.entries(bare.recordsPerSecond) as [InsertMode, number][];
  return [
    `Bare pipeline, unsigned records of ${bare.recordBytes} bytes (medians of ${bare.windows} windows), and our envelopes/s as a share of it`,
    ...modes.map(
      ([mode, perSecond]) =>
        `    ${MODE_TITLES[mode].padEnd(60)}${number(perSecond)} records/s${ratio ? `   ${ratio[mode].toFixed(2)}` : ''}`,
    ),
  ];
}

/** The result for people. */
export function describeResult(result: BenchResult): string {
  const { machine, warmUp, latency, nothingLost, startedAt } = result;
  const { submitted, delivered, statements, surplus, packs } = nothingLost;
  return [
    '',
    `Bench of ${startedAt}: ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}; everything on this machine, the load generator too`,
    `Warmed up with ${warmUp.exchanges} exchanges (${warmUp.records} records) in ${warmUp.seconds.toFixed(0)} s`,
    '',
    'Latency, exchanges beginning at a constant rate',
    ...latency.flatMap((result) => rateLines(`at ${result.rate}/s`, result)),
    '',
    ...sustainedLines(result),
    '',
    `Nothing lost: ${nothingLost.ok ? 'true' : 'FALSE'} (${submitted} submitted, ${delivered} delivered, ${statements} delivery statements at the sender, ${surplus} surplus)`,
    `Evidence packs: half in ${packs.p50.toFixed(0)} ms, the slowest of ${packs.count} in ${packs.max.toFixed(0)} ms (must be at most 10,000 ms)`,
    '',
    ...growthLines(result),
    '',
    ...bareLines(result),
    '',
  ].join('\n');
}
