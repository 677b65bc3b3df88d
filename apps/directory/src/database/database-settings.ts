import { CreateSpentTokens, SpentToken } from '#libs/hub';
import { InboxEntry, MESSAGING_MIGRATIONS, OutboxRecord, ParkedMessage, ProducerPosition } from '#libs/messaging';
import type { DatabaseSettings } from '#libs/persistence';
import { DirectoryChangeRow } from '../change/directory-change.entity.js';
import { CreateDirectoryChanges } from './1763777000000-create-directory-changes.js';

/** The schema of the directory. */
export function directoryDatabase(url: string): DatabaseSettings {
  return {
    url,
    schema: 'directory',
    entities: [InboxEntry, OutboxRecord, ParkedMessage, ProducerPosition, DirectoryChangeRow, SpentToken],
    migrations: [...MESSAGING_MIGRATIONS, CreateDirectoryChanges, CreateSpentTokens],
  };
}
