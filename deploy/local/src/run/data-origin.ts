import fs from 'node:fs';
import path from 'node:path';
import type { Infra } from '../infra/infra.js';
import { LocalError } from '../local-error.js';

/**
 * Databases, topics and keys belong together: what the directory published is in the topics, what it knows is in the database. So a data
 * folder goes on only with the servers that it began with.
 *
 * @throws LocalError ERR_LOCAL_DATA_STALE
 */
export function assertSameServers(dataDir: string, infra: Pick<Infra, 'postgres' | 'kafka'>): void {
  const file = path.join(dataDir, 'servers');
  const now = describeServers(infra);
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : now;
  if (before !== now) {
    throw new LocalError(
      'ERR_LOCAL_DATA_STALE',
      `The data in ${dataDir} was begun with ${before}, and now there is ${now}: choose the same again (SERAI_INFRA, SERAI_POSTGRES_URL, SERAI_KAFKA_BROKERS), or forget the data with "npm run reset".`,
    );
  }
  fs.writeFileSync(file, now, { mode: 0o600 });
}

function describeServers({ postgres, kafka }: Pick<Infra, 'postgres' | 'kafka'>): string {
  const database =
    postgres.kind === 'given' ? `PostgreSQL at ${new URL(postgres.url).host}` : `PostgreSQL (${postgres.kind})`;
  const broker = kafka.kind === 'given' ? `Kafka at ${kafka.brokers.join(',')}` : `Kafka (${kafka.kind})`;
  return `${database} and ${broker}`;
}
