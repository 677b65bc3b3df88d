import { CreateSpentTokens, SpentToken } from '#libs/hub';
import { InboxEntry, MESSAGING_MIGRATIONS, OutboxRecord, ParkedMessage, ProducerPosition } from '#libs/messaging';
import type { DatabaseSettings } from '#libs/persistence';
import { FeedDisputeRow } from '../dispute/feed-dispute.entity.js';
import { Escalation, LadderProfile } from '../escalation/escalation.entity.js';
import { FeedEntryRow } from '../feed/feed-entry.entity.js';
import { FeedEvent } from '../feed/feed-event.entity.js';
import { FeedHead } from '../feed/feed-head.entity.js';
import { NudgeItem } from '../nudge/nudge-item.entity.js';
import { NudgeTarget } from '../nudge/nudge-target.entity.js';
import { WaitingItem } from '../nudge/waiting-item.entity.js';
import { DeskPreferencesRow } from '../preferences/desk-preferences.entity.js';
import { CreateFeeds } from './1763777100000-create-feeds.js';
import { CreateNudges } from './1763777400000-create-nudges.js';
import { CreateEscalations } from './1763777600000-create-escalations.js';
import { KeepFeedEventsWhole } from './1795392100000-keep-feed-events-whole.js';
import { CreateFeedDisputes } from './1795393000000-create-feed-disputes.js';
import { AttributeLadders } from './1795393500000-attribute-ladders.js';
import { LetFeedsWaitForTheLog } from './1795400200000-let-feeds-wait-for-the-log.js';

/** The schema of notifications. */
export function notificationsDatabase(url: string): DatabaseSettings {
  return {
    url,
    schema: 'notifications',
    entities: [
      InboxEntry,
      OutboxRecord,
      ParkedMessage,
      ProducerPosition,
      FeedHead,
      FeedEvent,
      FeedEntryRow,
      SpentToken,
      DeskPreferencesRow,
      WaitingItem,
      NudgeTarget,
      NudgeItem,
      Escalation,
      LadderProfile,
      FeedDisputeRow,
    ],
    migrations: [
      ...MESSAGING_MIGRATIONS,
      CreateFeeds,
      CreateSpentTokens,
      KeepFeedEventsWhole,
      CreateNudges,
      CreateEscalations,
      CreateFeedDisputes,
      AttributeLadders,
      LetFeedsWaitForTheLog,
    ],
  };
}
