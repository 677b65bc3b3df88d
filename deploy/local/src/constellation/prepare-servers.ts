import { allTopics } from '#libs/contracts';
import { createTopics, type MessagingLogger } from '#libs/messaging';
import { type AppContext, grantOf, hasDatabase, type Instance } from './apps.js';
import { ensureDatabases } from './databases.repository.js';

/** Makes the databases, roles and topics that these instances need and that are not there yet. */
export async function prepareServers(
  instances: readonly Instance[],
  context: AppContext,
  say: (line: string) => void,
): Promise<void> {
  const grants = instances.filter(hasDatabase).map((instance) => grantOf(instance, context));
  await Promise.all([ensureDatabases(context.postgresUrl, grants), createAllTopics(context, say)]);
}

async function createAllTopics({ brokers, topicPrefix }: AppContext, say: (line: string) => void): Promise<void> {
  const pass = (_fields: object, message: string): void => say(`Kafka client: ${message}`);
  const drop = (): void => undefined;
  const logger: MessagingLogger = { debug: drop, info: drop, warn: pass, error: pass };
  await createTopics({ brokers, clientId: 'serai-local', topicPrefix, logger, topics: allTopics() });
}
