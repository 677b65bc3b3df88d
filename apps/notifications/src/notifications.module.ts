import { type DynamicModule, Module } from '@nestjs/common';
import { TOPICS } from '#libs/contracts';
import {
  CallerModule,
  ConsumerModule,
  DirectoryReplicaModule,
  HubIdentity,
  HubModule,
  ParkedController,
} from '#libs/hub';
import { PersistenceModule } from '#libs/persistence';
import { LOGGER, type Logger, Metrics, TelemetryModule } from '#libs/telemetry';
import { Clock } from './clock.js';
import type { NotificationsConfig } from './config.js';
import { notificationsDatabase } from './database/database-settings.js';
import { LogFollower } from './disclosure/log-follower.js';
import { LogProgress } from './disclosure/log-progress.js';
import { StatementVerifier } from './disclosure/statement-verifier.js';
import { DisputeController } from './dispute/dispute.controller.js';
import { DisputeRepository } from './dispute/dispute.repository.js';
import { Disputes } from './dispute/disputes.js';
import { DutyFinder } from './escalation/duty-finder.js';
import { EscalationRepository } from './escalation/escalation.repository.js';
import { EscalationScheduler } from './escalation/escalation.scheduler.js';
import { EscalationService } from './escalation/escalation.service.js';
import { LadderController } from './escalation/ladder.controller.js';
import { LadderRepository } from './escalation/ladder.repository.js';
import { FeedConsumer } from './feed/feed.consumer.js';
import { FeedController } from './feed/feed.controller.js';
import { FeedHandler } from './feed/feed.handler.js';
import { FeedRepository } from './feed/feed.repository.js';
import { FeedReader } from './feed/feed-reader.js';
import { FeedWatcher } from './feed/feed-watcher.js';
import { RecentEntries } from './feed/recent-entries.js';
import { Channels } from './nudge/channels.js';
import { MailChannel } from './nudge/mail.channel.js';
import { NudgeDispatcher } from './nudge/nudge.dispatcher.js';
import { NudgePlanner } from './nudge/nudge.planner.js';
import { NudgeService } from './nudge/nudge.service.js';
import { NudgeTelemetry } from './nudge/nudge.telemetry.js';
import { TargetRepository } from './nudge/target.repository.js';
import { WaitingRepository } from './nudge/waiting.repository.js';
import { WebhookChannel } from './nudge/webhook.channel.js';
import { Preferences } from './preferences/preferences.js';
import { PreferencesRepository } from './preferences/preferences.repository.js';
import { NoticePublisher } from './publish/notice.publisher.js';
import { SubmissionConsumer } from './submission/submission.consumer.js';
import { SubmissionHandler } from './submission/submission.handler.js';

const CONSUMED = [
  TOPICS.requestEvents,
  TOPICS.directoryEvents,
  TOPICS.notificationSubmissions,
  TOPICS.notificationEvents,
] as const;

/** The ways that this hub has. Webhooks need an Ed25519 key: receivers check the signature `v1a` with it, and no secret is shared. */
function channelsOf({ mail, webhookTargets }: NotificationsConfig, identity: HubIdentity): Channels {
  const webhooks = { signer: () => identity.signer, anyTarget: webhookTargets === 'any' };
  return new Channels([
    ...(mail ? [new MailChannel(mail)] : []),
    ...(identity.signer.alg === 'Ed25519' ? [new WebhookChannel(webhooks)] : []),
  ]);
}

const CONTROLLERS = [
  DisputeController,
  FeedConsumer,
  FeedController,
  LadderController,
  ParkedController,
  SubmissionConsumer,
];

const PROVIDERS = [
  Clock,
  DisputeRepository,
  Disputes,
  DutyFinder,
  EscalationRepository,
  EscalationScheduler,
  EscalationService,
  FeedHandler,
  FeedReader,
  FeedRepository,
  FeedWatcher,
  LadderRepository,
  LogFollower,
  NoticePublisher,
  NudgeDispatcher,
  NudgePlanner,
  NudgeService,
  NudgeTelemetry,
  Preferences,
  PreferencesRepository,
  RecentEntries,
  StatementVerifier,
  SubmissionHandler,
  TargetRepository,
  WaitingRepository,
];

@Module({})
export class NotificationsModule {
  static forRoot(config: NotificationsConfig): DynamicModule {
    const { hub } = config;
    const concurrency = CONSUMED.reduce((sum, { partitions }) => sum + partitions, 0);
    return {
      module: NotificationsModule,
      imports: [
        TelemetryModule.forRoot({ app: hub.service, logLevel: hub.app.logLevel }),
        HubModule.forRoot(hub),
        PersistenceModule.forRoot(notificationsDatabase(hub.postgresUrl)),
        ConsumerModule.forRoot({ concurrency }),
        DirectoryReplicaModule,
        CallerModule,
      ],
      controllers: CONTROLLERS,
      providers: [
        ...PROVIDERS,
        {
          provide: LogProgress,
          inject: [Metrics, LOGGER],
          useFactory: (metrics: Metrics, logger: Logger) => new LogProgress(config.disclosure, metrics, logger),
        },
        {
          provide: Channels,
          inject: [HubIdentity],
          useFactory: (identity: HubIdentity) => channelsOf(config, identity),
        },
      ],
    };
  }
}
