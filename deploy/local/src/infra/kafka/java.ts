import path from 'node:path';
import { LocalError } from '../../local-error.js';
import { runToEnd } from '../processes.js';

const LOWEST_JAVA = 17;

export interface Java {
  readonly command: string;
  /** Full version, which names the class archive that fits it. */
  readonly version: string;
}

/** The version in the output of `java -version`, in both manners: `1.8.0_402` and `17.0.15`. */
export function parseJavaVersion(output: string): { version: string; major: number } | undefined {
  const version = /version "([^"]+)"/.exec(output)?.[1];
  if (!version) return undefined;
  const [first = '', second = ''] = version.split(/[.\-_+]/);
  return { version, major: Number(first === '1' ? second : first) };
}

/** The Java of JAVA_HOME, else of the PATH. */
export async function findJava(javaHome: string | undefined): Promise<Java> {
  const command = javaHome ? path.join(javaHome, 'bin/java') : 'java';
  const { code, output } = await runToEnd(command, ['-version']);
  const found = code === 0 ? parseJavaVersion(output) : undefined;
  if (!found) throw missing(`was not found (${command} does not run)`);
  if (found.major < LOWEST_JAVA) throw missing(`is too old (${command} is version ${found.version})`);
  return { command, version: found.version };
}

const missing = (what: string): LocalError =>
  new LocalError(
    'ERR_LOCAL_JAVA_MISSING',
    `Java ${LOWEST_JAVA} or newer runs the embedded Kafka and ${what}: install it (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME, or give SERAI_KAFKA_BROKERS.`,
  );
