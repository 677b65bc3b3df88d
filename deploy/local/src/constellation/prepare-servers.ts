import { allTopics } from '#libs/contracts';
import { createTopics, type MessagingLogger } from '#libs/messaging';
import { type AppContext, grantOf, hasDatabase, type Instance } from './apps.js';
import { ensureDatabases } from './databases.repository.js';

/** Makes the databases, roles and topics that these instances need and that are not there yet. */
export async function prepareServers(instances: readonly Instance[], context: AppContext): Promise<void> {
  const grants = instances.filter(hasDatabase).map((instance) => grantOf(instance, context));
  await Promise.all([ensureDatabases(context.postgresUrl, grants), createAllTopics(context)]);
}

async function createAllTopics({ brokers, topicPrefix }: AppContext): Promise<void> {
  const drop = (): void => undefined;
  // What the client notes on the way is nothing to a reader: what fails is thrown.
  const logger: MessagingLogger = { debug: drop, info: drop, warn: drop, error: drop };
  await createTopics({ brokers, clientId: 'serai-local', topicPrefix, logger, topics: allTopics() });
}
