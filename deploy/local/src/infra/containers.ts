import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { StartedTestContainer } from 'testcontainers';
import { LocalError } from '../local-error.js';

/** The same images as in docker-compose.yml. */
export const POSTGRES_IMAGE = 'postgres:18';
export const KAFKA_IMAGE = 'apache/kafka:4.3.0';

const STARTUP_MS = 180_000;
const KAFKA_CLUSTER = 'c2VyYWktbG9jYWwta2Fma2E';

export interface ContainerOptions {
  readonly dataDir: string;
  readonly port: number;
  /** True keeps the data in a named volume for the next start. */
  readonly keepData: boolean;
  readonly log: (line: string) => void;
}

/** Host on which published ports of an engine appear, or undefined when no engine answers. */
export async function findEngine(): Promise<string | undefined> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  try {
    const { info } = await getContainerRuntimeClient();
    return info.containerRuntime.host;
  } catch {
    return undefined;
  }
}

/** Name of the volume that holds one part's data of one data folder. */
export function volumeName(dataDir: string, part: 'postgres' | 'kafka'): string {
  return `caravanserai-${createHash('sha256').update(path.resolve(dataDir)).digest('hex').slice(0, 12)}-${part}`;
}

/** Forgets the volumes of a data folder, where an engine has some. */
export async function removeVolumes(dataDir: string): Promise<void> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const client = await getContainerRuntimeClient().catch(() => undefined);
  for (const part of ['postgres', 'kafka'] as const) {
    const volume = client?.container.dockerode.getVolume(volumeName(dataDir, part));
    await volume?.remove().catch((error: { statusCode?: number }) => {
      if (error.statusCode !== 404) throw error;
    });
  }
}

/** Starts PostgreSQL in a container; resolves to the superuser's URL. */
export async function startPostgresContainer(
  options: ContainerOptions,
): Promise<{ url: string; stop(): Promise<void> }> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const password = rememberedPassword(options);
  const container = new GenericContainer(POSTGRES_IMAGE)
    .withEnvironment({ POSTGRES_USER: 'serai', POSTGRES_PASSWORD: password, POSTGRES_DB: 'postgres' })
    .withCommand(['postgres', '-c', 'listen_addresses=*', '-c', 'max_connections=250'])
    .withExposedPorts({ container: 5432, host: options.port })
    .withStartupTimeout(STARTUP_MS)
    // The image starts a server twice on first use: the second is the one that stays.
    .withWaitStrategy(
      Wait.forAll([Wait.forListeningPorts(), Wait.forSuccessfulCommand('pg_isready -h 127.0.0.1 -U serai')]),
    );
  if (options.keepData) container.withBindMounts([volume(options, 'postgres', '/var/lib/postgresql')]);
  const started = await begin('PostgreSQL', POSTGRES_IMAGE, () => container.start(), options);
  const url = `postgres://serai:${password}@${started.getHost()}:${options.port}/postgres`;
  return { url, stop: () => end(started) };
}

/** Starts one Kafka broker in a container, which must be told at which address its clients will see it. */
export async function startKafkaContainer(
  host: string,
  options: ContainerOptions,
): Promise<{ brokers: string[]; stop(): Promise<void> }> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const address = `${host}:${options.port}`;
  const container = new GenericContainer(KAFKA_IMAGE)
    .withEnvironment(brokerEnvironment(address))
    .withExposedPorts({ container: 9092, host: options.port })
    .withStartupTimeout(STARTUP_MS)
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/));
  if (options.keepData) container.withBindMounts([volume(options, 'kafka', '/var/lib/kafka/data')]);
  const started = await begin('Kafka', KAFKA_IMAGE, () => container.start(), options);
  return { brokers: [address], stop: () => end(started) };
}

/** Settings of the official image, which turns KAFKA_A_B into a.b. */
function brokerEnvironment(address: string): Record<string, string> {
  return {
    CLUSTER_ID: KAFKA_CLUSTER,
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${address}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
    KAFKA_LOG_DIRS: '/var/lib/kafka/data',
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    KAFKA_LOG_FLUSH_INTERVAL_MESSAGES: '1',
    KAFKA_LOG_RETENTION_HOURS: '-1',
    KAFKA_BROKER_SESSION_TIMEOUT_MS: '2000',
    KAFKA_BROKER_HEARTBEAT_INTERVAL_MS: '500',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '8',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
  };
}

/** The image sets the password only when it makes the data, so it is kept as long as the volume. */
function rememberedPassword({ dataDir, keepData }: ContainerOptions): string {
  const file = path.join(dataDir, 'container-password');
  if (keepData && fs.existsSync(file)) return fs.readFileSync(file, 'utf8');
  const password = randomBytes(24).toString('base64url');
  fs.writeFileSync(file, password, { mode: 0o600 });
  return password;
}

const volume = ({ dataDir }: ContainerOptions, part: 'postgres' | 'kafka', target: string) => ({
  source: volumeName(dataDir, part),
  target,
  mode: 'rw' as const,
});

async function begin(
  title: string,
  image: string,
  start: () => Promise<StartedTestContainer>,
  { log }: ContainerOptions,
): Promise<StartedTestContainer> {
  log(`Starting ${title} in a container of ${image} (the first time, the engine fetches the image) ...`);
  try {
    return await start();
  } catch (error) {
    throw new LocalError(
      'ERR_LOCAL_NO_INFRA',
      `The container engine could not start ${title} from ${image} (${(error as Error).message}): fetch the image (docker pull ${image}) or set SERAI_INFRA=embedded.`,
      { cause: error },
    );
  }
}

/** An orderly end first, so that the data is clean for the next start. */
const end = async (container: StartedTestContainer): Promise<void> => {
  await container.stop({ timeout: 15_000, remove: true, removeVolumes: false });
};
