import { CreateSpentTokens, SpentToken } from '#libs/hub';
import { InboxEntry, MESSAGING_MIGRATIONS, OutboxRecord, ParkedMessage, ProducerPosition } from '#libs/messaging';
import type { DatabaseSettings } from '#libs/persistence';
import { DeadlineProfile } from '../deadline/deadline-profile.entity.js';
import { Timer } from '../deadline/timer.entity.js';
import { Leg } from '../leg/leg.entity.js';
import { CreateLegs } from './1763777200000-create-legs.js';

/** The schema of requests. */
export function requestsDatabase(url: string): DatabaseSettings {
  return {
    url,
    schema: 'requests',
    entities: [InboxEntry, OutboxRecord, ParkedMessage, ProducerPosition, Leg, Timer, DeadlineProfile, SpentToken],
    migrations: [...MESSAGING_MIGRATIONS, CreateLegs, CreateSpentTokens],
  };
}
