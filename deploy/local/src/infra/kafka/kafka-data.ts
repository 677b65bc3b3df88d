import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { LocalError } from '../../local-error.js';
import { endProcess, type ProcessFacts, processFacts } from '../processes.js';

/** Node id in the broker's settings and in every data folder that it formatted. */
export const NODE_ID = 1;

export interface BrokerPorts {
  readonly port: number;
  readonly controllerPort: number;
}

/** The broker's settings. One node has no replica, so it writes to disk before it acknowledges. */
export function brokerSettings(data: string, { port, controllerPort }: BrokerPorts): string {
  return `# Written by deploy/local at every start.
process.roles=broker,controller
node.id=${NODE_ID}
controller.quorum.bootstrap.servers=127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${data}
auto.create.topics.enable=false
log.flush.interval.messages=1
# The controller waits this long for a broker that was killed.
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
log.retention.hours=-1
`;
}

/** A Kafka cluster id: 16 random bytes, and never one that begins with a dash, which the formatter takes for an option. */
export function newClusterId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? newClusterId() : id;
}

/** True when the data folder must be formatted; throws when it holds something that no broker of ours wrote. */
export function needsFormatting(folder: string, remedy: string): boolean {
  const data = path.join(folder, 'data');
  if (!fs.existsSync(data) || fs.readdirSync(data).length === 0) return true;
  const meta = readIfThere(path.join(data, 'meta.properties'));
  const value = (name: string): string => new RegExp(`^${name}=(.+)$`, 'm').exec(meta)?.[1]?.trim() ?? '';
  if (value('version') === '1' && value('node.id') === String(NODE_ID) && value('cluster.id') !== '') return false;
  throw new LocalError(
    'ERR_LOCAL_DATA_STALE',
    `${data} is not a data folder of this Kafka (its meta.properties is missing or damaged): ${remedy}.`,
  );
}

const pidFile = (folder: string): string => path.join(folder, 'process.json');

/** Remembers which process works on this folder. */
export function recordProcess(folder: string, pid: number): void {
  const facts = processFacts(pid);
  if (facts) fs.writeFileSync(pidFile(folder), JSON.stringify({ pid, started: facts.started }));
}

/** Ends the broker that an earlier run left working on this folder. */
export async function clearLeftovers(folder: string, log: (line: string) => void): Promise<void> {
  const facts = recordedProcess(folder);
  if (facts) {
    log(`An earlier run left its Kafka behind (process ${facts.pid}); ending it.`);
    await endProcess(facts, 'SIGTERM', 15_000);
  }
  fs.rmSync(pidFile(folder), { force: true });
}

/** The living process of the record, when it is still the one that was recorded and works on this folder. */
function recordedProcess(folder: string): ProcessFacts | undefined {
  try {
    const { pid, started } = JSON.parse(readIfThere(pidFile(folder))) as { pid: number; started: string };
    const facts = processFacts(pid);
    return facts?.started === started && facts.command.includes(folder) ? facts : undefined;
  } catch {
    return undefined;
  }
}

function readIfThere(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
