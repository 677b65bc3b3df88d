import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LocalError } from '../../local-error.js';
import { runToEnd } from '../processes.js';

/** `deploy/local/kafka`: the list of jars and the broker's log settings. */
export const kafkaFolder = (checkout: string): string => path.join(checkout, 'deploy/local/kafka');

/** Where the jars of this list are kept: outside the checkout, so that every clone shares them. */
export function jarFolder(checkout: string, cacheHome: string | undefined): string {
  const list = fs.readFileSync(path.join(kafkaFolder(checkout), 'pom.xml'));
  const key = createHash('sha256').update(list).digest('hex').slice(0, 16);
  return path.join(cacheHome || path.join(os.homedir(), '.cache'), 'caravanserai', `kafka-${key}`);
}

/** True when the jars were copied before. */
export const hasJars = (folder: string): boolean => fs.existsSync(path.join(folder, 'jars'));

const ABANDONED_MS = 3_600_000;

/** Removes what a process that was killed in the middle left in the cache. */
function clearAbandoned(folder: string): void {
  for (const name of fs.existsSync(folder) ? fs.readdirSync(folder) : []) {
    const entry = path.join(folder, name);
    const stat = fs.statSync(entry, { throwIfNoEntry: false });
    const isOld = stat !== undefined && Date.now() - stat.mtimeMs > ABANDONED_MS;
    if (name.startsWith('unfinished-') && isOld) fs.rmSync(entry, { recursive: true, force: true });
  }
}

/** Copies the jars with Maven on first use. Several processes may do so at once: the first to finish wins. */
export async function ensureJars(checkout: string, folder: string, log: (line: string) => void): Promise<string> {
  const jars = path.join(folder, 'jars');
  clearAbandoned(folder);
  if (hasJars(folder)) return jars;
  log('Fetching Apache Kafka with Maven (about 45 MB, once per machine) ...');
  const begun = Date.now();
  fs.mkdirSync(folder, { recursive: true });
  const unfinished = path.join(folder, `unfinished-${randomUUID()}`);
  try {
    await copyWithMaven(checkout, unfinished);
    if (!hasJars(folder)) fs.renameSync(unfinished, jars);
  } finally {
    fs.rmSync(unfinished, { recursive: true, force: true });
  }
  log(`Fetched Apache Kafka in ${((Date.now() - begun) / 1000).toFixed(1)} s.`);
  return jars;
}

async function copyWithMaven(checkout: string, target: string): Promise<void> {
  const pom = path.join(kafkaFolder(checkout), 'pom.xml');
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${target}`, '-DincludeScope=runtime'];
  const { code, output } = await runToEnd('mvn', ['-q', '-B', '-f', pom, ...goal]);
  if (code === 0) return;
  if (code === 127) throw mavenMissing();
  const reason = output
    .split('\n')
    .find((line) => line.includes('[ERROR]'))
    ?.replace('[ERROR] ', '')
    .trim();
  throw new LocalError(
    'ERR_LOCAL_MAVEN_FAILED',
    `Maven could not fetch Apache Kafka (${reason ?? `code ${code}`}): check the network and the free disk space, or give SERAI_KAFKA_BROKERS.`,
  );
}

const mavenMissing = (): LocalError =>
  new LocalError(
    'ERR_LOCAL_MAVEN_MISSING',
    'Maven fetches the embedded Kafka and was not found: install it (Debian: apt-get install maven), or give SERAI_KAFKA_BROKERS.',
  );

/** Throws when there are neither jars from before nor a Maven that could fetch them. */
export async function assertJarsObtainable(folder: string, maven = 'mvn'): Promise<void> {
  if (hasJars(folder)) return;
  const { code } = await runToEnd(maven, ['-v']);
  if (code !== 0) throw mavenMissing();
}
