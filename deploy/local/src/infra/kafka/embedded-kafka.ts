import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalError } from '../../local-error.js';
import {
  endProcess,
  guardProcess,
  processFacts,
  reportUnasked,
  runToEnd,
  setLogAside,
  untilEnded,
} from '../processes.js';
import { findJava, type Java } from './java.js';
import {
  type BrokerPorts,
  brokerSettings,
  clearLeftovers,
  needsFormatting,
  newClusterId,
  recordProcess,
} from './kafka-data.js';
import { ensureJars, jarFolder, kafkaFolder } from './kafka-jars.js';

export interface EmbeddedKafkaOptions extends BrokerPorts {
  readonly checkout: string;
  readonly dataDir: string;
  readonly logFile: string;
  readonly javaHome: string | undefined;
  readonly cacheHome: string | undefined;
  readonly remedy: string;
  readonly log: (line: string) => void;
}

export interface RunningKafka {
  readonly brokers: string[];
  readonly pid: number;
  /** Resolves, with how, when it ended. */
  untilEnd(): Promise<string>;
  stop(): Promise<void>;
}

interface Runtime {
  readonly java: Java;
  readonly jars: string;
  /** Folder of this broker: settings and data. */
  readonly folder: string;
  readonly settings: string;
}

/** Starts one real Apache Kafka broker (KRaft, its own controller) on the loopback address; it serves when this resolves. */
export async function startEmbeddedKafka(options: EmbeddedKafkaOptions): Promise<RunningKafka> {
  const java = await findJava(options.javaHome);
  const cache = jarFolder(options.checkout, options.cacheHome);
  const jars = await ensureJars(options.checkout, cache, options.log);
  const folder = path.join(options.dataDir, 'kafka');
  fs.mkdirSync(folder, { recursive: true });
  await clearLeftovers(folder, options.log);
  const runtime = { java, jars, folder, settings: path.join(folder, 'server.properties') };
  if (needsFormatting(folder, options.remedy)) await format(runtime, options);
  fs.writeFileSync(runtime.settings, brokerSettings(path.join(folder, 'data'), options));
  const archive = classArchive(cache, java);
  setLogAside(options.logFile);
  const child = spawnBroker(runtime, archive.flag, options);
  await untilStarted(child, options);
  const pid = child.pid ?? 0;
  recordProcess(folder, pid);
  const expectEnd = reportUnasked(child, 'Kafka', options);
  const stop = (): Promise<void> => {
    expectEnd();
    return stopBroker(pid, archive);
  };
  return { brokers: [`127.0.0.1:${options.port}`], pid, untilEnd: () => untilEnded(child), stop };
}

async function stopBroker(pid: number, archive: ClassArchive): Promise<void> {
  const facts = processFacts(pid);
  if (facts) await endProcess(facts, 'SIGTERM', 20_000);
  archive.keep();
}

interface ClassArchive {
  readonly flag: string;
  /** Keeps the archive that an orderly end of the JVM wrote. */
  keep(): void;
}

/** With an archive of its loaded classes the broker starts in half the time; the first run on a machine writes it when it ends. */
function classArchive(cache: string, java: Java): ClassArchive {
  const file = path.join(cache, `classes-${java.version}.jsa`);
  if (fs.existsSync(file)) return { flag: `-XX:SharedArchiveFile=${file}`, keep: () => undefined };
  const unfinished = path.join(cache, `unfinished-${randomUUID()}.jsa`);
  const keep = (): void => {
    if (fs.existsSync(unfinished)) fs.renameSync(unfinished, file);
  };
  return { flag: `-XX:ArchiveClassesAtExit=${unfinished}`, keep };
}

/** Formats beside the place and renames, so that an interrupted first start leaves nothing half made. */
async function format({ java, jars, folder, settings }: Runtime, ports: BrokerPorts): Promise<void> {
  const unfinished = path.join(folder, 'data.new');
  fs.rmSync(unfinished, { recursive: true, force: true });
  fs.writeFileSync(settings, brokerSettings(unfinished, ports));
  const flags = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', path.join(jars, '*')];
  const args = ['kafka.tools.StorageTool', 'format', '--standalone', '-t', newClusterId(), '-c', settings];
  const { code, output } = await runToEnd(java.command, [...flags, ...args]);
  if (code !== 0) {
    const reason = output.trim().split('\n').at(-1);
    throw new LocalError(
      'ERR_LOCAL_KAFKA_FAILED',
      `Kafka could not format its data folder in ${folder} (${reason}): check its permissions and the free disk space.`,
    );
  }
  fs.rmSync(path.join(folder, 'data'), { recursive: true, force: true });
  fs.renameSync(unfinished, path.join(folder, 'data'));
}

function spawnBroker(
  { java, jars, settings }: Runtime,
  archiveFlag: string,
  options: EmbeddedKafkaOptions,
): ChildProcess {
  const output = fs.openSync(options.logFile, 'w', 0o600);
  const logging = `-Dlog4j2.configurationFile=${path.join(kafkaFolder(options.checkout), 'log4j2.yaml')}`;
  const flags = [
    '-Xmx512m',
    '-XX:+UseSerialGC',
    '-Xshare:auto',
    '-Xlog:cds=off',
    '-Xlog:cds+dynamic=off',
    archiveFlag,
    logging,
  ];
  const child = spawn(java.command, [...flags, '-cp', path.join(jars, '*'), 'kafka.Kafka', settings], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', output, output],
  });
  fs.closeSync(output);
  if (child.pid) child.once('exit', guardProcess(child.pid, 'TERM'));
  return child;
}

async function untilStarted(child: ChildProcess, options: EmbeddedKafkaOptions): Promise<void> {
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  child.once('exit', end);
  child.once('error', end);
  while (!fs.readFileSync(options.logFile, 'utf8').includes('Kafka Server started')) {
    if (ended) throw startFailure(fs.readFileSync(options.logFile, 'utf8'), options);
    await sleep(25);
  }
}

/** Turns the broker's last words into a sentence. */
export function startFailure(
  output: string,
  { port, logFile, remedy }: Pick<EmbeddedKafkaOptions, 'port' | 'logFile' | 'remedy'>,
): LocalError {
  // Index files are mapped into memory; that there is no room for a page of one is told by a signal, which the JVM words so.
  if (/No space left on device|fault occurred in a recent unsafe memory access/.test(output)) {
    return new LocalError('ERR_LOCAL_DISK_FULL', 'Kafka found no space left on the disk: free some and try again.');
  }
  if (/Address already in use|BindException/.test(output)) {
    return new LocalError(
      'ERR_LOCAL_PORT_IN_USE',
      `Another program took port ${port} or its neighbour while Kafka was starting: try again.`,
    );
  }
  const reason =
    output
      .split('\n')
      .find((line) => /ERROR|FATAL|Exception|Error:/.test(line))
      ?.slice(0, 200) ?? 'it gave no reason';
  return new LocalError(
    'ERR_LOCAL_KAFKA_FAILED',
    `Kafka did not start (${reason}; all its lines are in ${logFile}): mend that, or ${remedy}.`,
  );
}
