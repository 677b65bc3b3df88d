import { KAFKA_CLIENTS, type KafkaClient } from '#libs/messaging';
import type { Plan } from '../plan.js';
import { ChildProgram } from '../processes/child-program.js';
import { median, medianWindow } from '../statistics/distribution.js';
import type { Target } from '../target.js';
import type { ClientAnswer, ClientFigures, ClientReport, ClientSettings } from './protocol.js';

/** About as large as an envelope. */
const RECORD_BYTES = 2_000;

export interface ClientComparison {
  readonly client: KafkaClient;
  readonly windows: number;
  readonly memoryMiB: number;
  /** Medians of the windows. */
  readonly figures: readonly ClientFigures[];
}

export interface CompareClientsOptions {
  readonly target: Target;
  readonly plan: Plan['clients'];
  /** Folder with the compiled bench. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** Each client produces and consumes in a process of its own, on the broker of the constellation; they take turns. */
export async function compareClients(options: CompareClientsOptions): Promise<ClientComparison[]> {
  const { windows } = options.plan;
  const reports = new Map<KafkaClient, ClientReport[]>(KAFKA_CLIENTS.map((client) => [client, []]));
  for (let window = 1; window <= windows; window += 1) {
    for (const client of KAFKA_CLIENTS) {
      options.say(`Producing and consuming with ${client}, window ${window} of ${windows} ...`);
      reports.get(client)!.push(await measure(client, options));
    }
  }
  return [...reports].map(([client, ofClient]) => ({
    client,
    windows,
    memoryMiB: median(ofClient.map(({ memoryMiB }) => memoryMiB)),
    figures: options.plan.rates.map((_, index) => medianFigures(ofClient.map(({ figures }) => figures[index]!))),
  }));
}

async function measure(
  client: KafkaClient,
  { target, plan: { rates, seconds }, folder }: CompareClientsOptions,
): Promise<ClientReport> {
  const program = new ChildProgram<ClientSettings, ClientAnswer>('clients/main.js', folder);
  const broker = target.processes.find(({ name }) => name === 'Kafka');
  program.send({
    client,
    brokers: target.brokers,
    ...(broker ? { brokerPid: broker.pid } : {}),
    recordBytes: RECORD_BYTES,
    rates,
    seconds,
  });
  const { report } = await program.next('measured');
  program.stop();
  return report;
}

function medianFigures(windows: readonly ClientFigures[]): ClientFigures {
  const brokers = windows.flatMap(({ brokerCpuMsPerSecond }) => brokerCpuMsPerSecond ?? []);
  const latency = medianWindow(windows.flatMap((window) => window.latency ?? []));
  return {
    rate: windows[0]!.rate,
    cpuMsPerSecond: median(windows.map(({ cpuMsPerSecond }) => cpuMsPerSecond)),
    ...(brokers.length > 0 ? { brokerCpuMsPerSecond: median(brokers) } : {}),
    ...(latency ? { latency } : {}),
  };
}

/** For people. */
export function describeClients(comparisons: readonly ClientComparison[]): string {
  const number = (value: number | undefined, digits: number): string => (value?.toFixed(digits) ?? '-').padStart(9);
  const row = (client: string, { rate, cpuMsPerSecond, brokerCpuMsPerSecond, latency }: ClientFigures): string => {
    const times = [latency?.p50, latency?.p99].map((ms) => number(ms, 1)).join('');
    return `  ${client.padEnd(14)}${String(rate).padStart(6)}${number(cpuMsPerSecond, 0)}${number(brokerCpuMsPerSecond, 0)}${times}`;
  };
  return [
    'One process that produces and consumes, 4 topics; milliseconds, CPU per second',
    '  client           rate      CPU   broker      p50      p99',
    ...comparisons.flatMap(({ client, figures }) => figures.map((each) => row(client, each))),
    ...comparisons.map(({ client, memoryMiB }) => `  ${client}: ${memoryMiB.toFixed(0)} MiB`),
  ].join('\n');
}
