import fs from 'node:fs';
import path from 'node:path';
import { LocalError } from '../local-error.js';
import type { Supervisor } from '../supervision/supervisor.js';
import { chooseInfra, type InfraKind } from './choose-infra.js';
import { findEngine, startKafkaContainer, startPostgresContainer } from './containers.js';
import { assertDiskSpace } from './disk-space.js';
import { startEmbeddedKafka } from './kafka/embedded-kafka.js';
import { findJava } from './kafka/java.js';
import { assertJarsObtainable, hasJars, jarFolder } from './kafka/kafka-jars.js';
import { KeptServer } from './kept-server.js';
import { assertReachable, choosePort } from './ports.js';
import { startEmbeddedPostgres } from './postgres/embedded-postgres.js';
import { hasEmbeddedPostgres } from './postgres/unprivileged-home.js';

export interface InfraOptions {
  /** Root of the checkout: installed packages and the list of Kafka's jars are found from here. */
  readonly checkout: string;
  /** Everything that must survive a restart is kept here. */
  readonly dataDir: string;
  /** Wanted ports; 0 (the default) takes any free one. */
  readonly ports?: { readonly postgres: number; readonly kafka: number; readonly kafkaController: number };
  /** SERAI_INFRA, SERAI_POSTGRES_URL, SERAI_KAFKA_BROKERS, JAVA_HOME, XDG_CACHE_HOME. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** False when the data is thrown away afterwards: no flush to disk in PostgreSQL, no volume for containers. Default true. */
  readonly keepData?: boolean;
  /** Starts embedded servers again that end by themselves, on their ports and data; without one, nothing is restarted. */
  readonly supervisor?: Supervisor;
  readonly log: (line: string) => void;
}

/** PostgreSQL and Kafka that run and answer. */
export interface Infra {
  readonly postgres: { readonly kind: InfraKind; readonly url: string };
  readonly kafka: { readonly kind: InfraKind; readonly brokers: string[] };
  /** What was started here as a process of this machine and runs now; given addresses and containers are not. */
  readonly processes: { readonly name: 'PostgreSQL' | 'Kafka'; readonly pid: number }[];
  /** Ends what was started here, in order. Safe to call twice. */
  stop(): Promise<void>;
}

interface Part {
  readonly pid?: number | undefined;
  stop(): Promise<void>;
}

const NOTHING_TO_STOP: Part = { stop: async () => undefined };
const REMEDY = 'forget the data with "npm run reset"';

/**
 * Brings up PostgreSQL and Kafka: the addresses of the environment, else embedded programs, else containers.
 *
 * @example const infra = await startInfra({ checkout, dataDir, env: process.env, log: console.log });
 */
export async function startInfra(options: InfraOptions): Promise<Infra> {
  fs.mkdirSync(options.dataDir, { recursive: true, mode: 0o711 });
  await assertDiskSpace(options.dataDir);
  const { env } = options;
  const given = { postgres: Boolean(env['SERAI_POSTGRES_URL']), kafka: Boolean(env['SERAI_KAFKA_BROKERS']) };
  const engine = lazily(findEngine);
  const choice = await chooseInfra(given, env['SERAI_INFRA'], {
    embeddedPostgres: async () => assertEmbeddedPostgres(options.checkout),
    embeddedKafka: () => assertEmbeddedKafka(options),
    engineAnswers: async () => (await engine()) !== undefined,
  });
  const started = await Promise.allSettled([
    startPostgres(choice.postgres, options),
    startKafka(choice.kafka, options, engine),
  ]);
  const stop = once(() => stopAll(started));
  const [postgres, kafka] = started;
  if (postgres.status === 'rejected' || kafka.status === 'rejected') {
    await stop();
    throw postgres.status === 'rejected' ? postgres.reason : (kafka as PromiseRejectedResult).reason;
  }
  return {
    postgres: { kind: choice.postgres, url: postgres.value.url },
    kafka: { kind: choice.kafka, brokers: kafka.value.brokers },
    get processes() {
      return [...processOf('PostgreSQL', postgres.value.part), ...processOf('Kafka', kafka.value.part)];
    },
    stop,
  };
}

const processOf = (name: 'PostgreSQL' | 'Kafka', { pid }: Part) => (pid === undefined ? [] : [{ name, pid }]);

/** Both at once: whoever used them has ended by now. */
async function stopAll(started: readonly PromiseSettledResult<{ part: Part }>[]): Promise<void> {
  await Promise.all(started.map(async (result) => result.status === 'fulfilled' && result.value.part.stop()));
}

async function startPostgres(kind: InfraKind, options: InfraOptions): Promise<{ url: string; part: Part }> {
  const { dataDir, checkout, log, keepData = true } = options;
  if (kind === 'given') return { url: await givenPostgres(options), part: NOTHING_TO_STOP };
  const port = await choosePort(options.ports?.postgres ?? 0, 'PostgreSQL', log);
  if (kind === 'containers') {
    const container = await startPostgresContainer({ dataDir, port, keepData, log });
    return { url: container.url, part: container };
  }
  const logFile = path.join(dataDir, 'postgres.log');
  const settings = { checkout, dataDir, port, logFile, durable: keepData, remedy: REMEDY, log };
  const server = await KeptServer.start('PostgreSQL', () => startEmbeddedPostgres(settings));
  options.supervisor?.keep(server);
  return { url: server.running.url, part: server };
}

async function startKafka(
  kind: InfraKind,
  options: InfraOptions,
  engine: () => Promise<string | undefined>,
): Promise<{ brokers: string[]; part: Part }> {
  const { checkout, dataDir, env, log, keepData = true } = options;
  if (kind === 'given') return { brokers: await givenBrokers(options), part: NOTHING_TO_STOP };
  const port = await choosePort(options.ports?.kafka ?? 0, 'Kafka', log);
  if (kind === 'containers') {
    const container = await startKafkaContainer((await engine()) ?? 'localhost', { dataDir, port, keepData, log });
    return { brokers: container.brokers, part: container };
  }
  const settings = {
    checkout,
    dataDir,
    port,
    controllerPort: await choosePort(options.ports?.kafkaController ?? 0, "Kafka's controller", log),
    logFile: path.join(dataDir, 'kafka.log'),
    javaHome: env['JAVA_HOME'],
    cacheHome: env['XDG_CACHE_HOME'],
    remedy: REMEDY,
    log,
  };
  const broker = await KeptServer.start('Kafka', () => startEmbeddedKafka(settings));
  options.supervisor?.keep(broker);
  return { brokers: broker.running.brokers, part: broker };
}

function assertEmbeddedPostgres(checkout: string): void {
  if (hasEmbeddedPostgres(checkout)) return;
  throw new LocalError(
    'ERR_LOCAL_PLATFORM',
    `No PostgreSQL is packaged for ${process.platform}-${process.arch}: set SERAI_POSTGRES_URL.`,
  );
}

async function assertEmbeddedKafka({ checkout, env }: InfraOptions): Promise<void> {
  const folder = jarFolder(checkout, env['XDG_CACHE_HOME']);
  await findJava(env['JAVA_HOME']);
  if (!hasJars(folder)) await assertJarsObtainable(folder);
}

async function givenPostgres({ env }: InfraOptions): Promise<string> {
  const text = env['SERAI_POSTGRES_URL'] ?? '';
  const url = URL.parse(text);
  if (url?.protocol !== 'postgres:' && url?.protocol !== 'postgresql:') {
    throw new LocalError(
      'ERR_LOCAL_POSTGRES_UNREACHABLE',
      'SERAI_POSTGRES_URL is not a URL like postgres://user:password@host:5432/postgres: mend it or leave it out.',
    );
  }
  await assertReachable(url.hostname, Number(url.port || 5432), 5_000).catch((cause: Error) => {
    throw new LocalError(
      'ERR_LOCAL_POSTGRES_UNREACHABLE',
      `Nothing answers at ${url.host}, which SERAI_POSTGRES_URL names (${cause.message}): start it, or leave the variable out.`,
      { cause },
    );
  });
  return text;
}

async function givenBrokers({ env }: InfraOptions): Promise<string[]> {
  const brokers = (env['SERAI_KAFKA_BROKERS'] ?? '').split(',').map((broker) => broker.trim());
  for (const broker of brokers) {
    const [, host, port] = /^(.+):(\d+)$/.exec(broker) ?? [];
    if (!host) {
      throw new LocalError(
        'ERR_LOCAL_KAFKA_UNREACHABLE',
        `SERAI_KAFKA_BROKERS holds "${broker}", which is not host:port: mend it or leave it out.`,
      );
    }
    await assertReachable(host, Number(port), 5_000).catch((cause: Error) => {
      throw new LocalError(
        'ERR_LOCAL_KAFKA_UNREACHABLE',
        `Nothing answers at ${broker}, which SERAI_KAFKA_BROKERS names (${cause.message}): start it, or leave the variable out.`,
        { cause },
      );
    });
  }
  return brokers;
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const once = lazily;
