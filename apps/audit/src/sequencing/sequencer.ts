import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { loggedTopics } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { HubDirectory, HubIdentity, KAFKA_CONNECTION } from '#libs/hub';
import { type KafkaConnection, RecordFollower } from '#libs/messaging';
import { LOGGER, type Logger, Readiness } from '#libs/telemetry';
import { AUDIT_CONFIG, type AuditConfig } from '../config.js';
import { EpochCloser } from '../epoch/epoch-closer.js';
import { EpochOpener } from '../epoch/epoch-opener.js';
import { LeafRepository } from '../leaf/leaf.repository.js';
import { SaltWrap } from '../leaf/salt-wrap.js';
import { ProducerRepository } from '../producer/producer.repository.js';
import { ProducerWatch } from '../producer/producer-watch.js';
import { ProgressPublisher } from '../progress/progress.publisher.js';
import { LEADER_WORK, type LeaderWork } from './leader-work.js';
import { LogTelemetry } from './log.telemetry.js';
import { SequencingRepository } from './sequencing.repository.js';
import { type LogEnding, SequencingTerm, type SequencingTermOptions } from './sequencing-term.js';

/** How often to look whether the one that leads is gone, and how long to wait after an error, at first and at last: each new try leaves a row. */
const AGAIN_AFTER_MS = 500;
const LONGEST_WAIT_MS = 5_000;
/** An error after so long a time has nothing to do with the one before. */
const PEACE_MS = 60_000;
/** How often to look which numbers have been missed for long. */
const GAPS_EVERY_MS = 10_000;

/**
 * Puts every record of every topic of the hub into the log, once. One process at a time does: a session lock chooses it, a fence keeps out one that has lost the lock
 * unnoticed. Whatever goes wrong, it stops, reads where the log ends and goes on from there.
 */
@Injectable()
export class Sequencer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  /** In a row. */
  private failures = 0;
  private state: 'starting' | 'standing by' | 'leading' | 'ended' | 'failing' = 'starting';

  constructor(
    private readonly dataSource: DataSource,
    private readonly repository: SequencingRepository,
    private readonly leaves: LeafRepository,
    private readonly identity: HubIdentity,
    private readonly directory: HubDirectory,
    private readonly opener: EpochOpener,
    private readonly closer: EpochCloser,
    private readonly progress: ProgressPublisher,
    private readonly telemetry: LogTelemetry,
    @Inject(AUDIT_CONFIG) private readonly config: AuditConfig,
    @Inject(KAFKA_CONNECTION) private readonly connection: KafkaConnection,
    @Inject(LEADER_WORK) private readonly works: readonly LeaderWork[],
    @Inject(LOGGER) private readonly logger: Logger,
    readiness: Readiness,
  ) {
    readiness.add({ name: 'sequencer', check: () => this.assertAtWork() });
  }

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  /** Finishes the transaction under way. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([this.directory.ready(), stopped]);
    while (!signal.aborted) {
      await this.leadOrStandBy();
      const wait = Math.min(LONGEST_WAIT_MS, AGAIN_AFTER_MS * 2 ** Math.max(0, this.failures - 1));
      await pause(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  private async leadOrStandBy(): Promise<void> {
    const begun = performance.now();
    const session = this.dataSource.createQueryRunner();
    try {
      if (await this.repository.lock(session)) await this.lead();
      else this.standBy();
    } catch (error) {
      this.state = 'failing';
      this.failures = performance.now() - begun > PEACE_MS ? 1 : this.failures + 1;
      this.logger.error({ err: error }, 'sequencing has stopped; it begins again from what is durable');
    } finally {
      this.telemetry.follows();
      await this.repository.unlock(session).catch(() => undefined);
      await session.release();
    }
  }

  private standBy(): void {
    this.state = 'standing by';
    this.failures = 0;
  }

  private async lead(): Promise<void> {
    const { repository, leaves, progress, telemetry } = this;
    const fence = await repository.raiseFence();
    await this.opener.openIfNew(fence);
    const salts = new SaltWrap(this.identity.keystore.secret('records'), this.config.origin);
    const producers = new ProducerWatch(new ProducerRepository(this.dataSource));
    const onAppended: SequencingTermOptions['onAppended'] = (batch, head) => {
      telemetry.appended(head.frontier.size);
      progress.appended(batch.ranges, head.frontier.size);
    };
    const onFound: SequencingTermOptions['onFound'] = (findings) => telemetry.found(findings);
    const ended = Promise.withResolvers<void>();
    const ending: LogEnding = { closingIn: (record) => this.closer.closingIn(record), onEnded: ended.resolve };
    const term = new SequencingTerm({ fence, repository, leaves, salts, producers, onAppended, onFound, ending });
    await term.begin();
    const { size, isEnded } = term;
    const now = isEnded ? 'this process publishes the end of the log' : 'this process sequences the log now';
    this.logger.info({ fence: fence.toString(), size }, now);
    telemetry.leads(size);
    await this.work(term, ended.promise);
  }

  /** Until something fails, the log ends, or the process stops. One that has ended before is not read for any more. */
  private async work(term: SequencingTerm, ended: Promise<void>): Promise<void> {
    const ending = new AbortController();
    const signal = AbortSignal.any([ending.signal, this.stopping.signal]);
    const over = Promise.withResolvers<void>();
    // Work may fail before the follower has started and anybody waits for the end.
    over.promise.catch(() => undefined);
    signal.addEventListener('abort', () => over.resolve(), { once: true });
    void ended.then(over.resolve);
    const { isEnded } = term;
    const follower = isEnded ? undefined : this.followerOf(term, over.reject);
    const leadership = { signal, head: () => term.head, isEnded };
    const works = [...this.works.map((work) => work.lead(leadership)), noteGaps(term, signal)];
    for (const work of works) work.catch(over.reject);
    try {
      await follower?.start();
      this.state = isEnded ? 'ended' : 'leading';
      await over.promise;
    } finally {
      ending.abort();
      await follower?.stop();
      await Promise.allSettled(works);
    }
  }

  private followerOf(term: SequencingTerm, onCrash: (error: Error) => void): RecordFollower {
    return new RecordFollower({
      connection: this.connection,
      topics: loggedTopics().map(({ name }) => name),
      name: 'audit',
      startAt: (topic, partition) => term.next(topic, partition),
      handle: (batch) => term.take(batch),
      onCrash,
    });
  }

  private assertAtWork(): void {
    // A standby is ready: it answers for what is durable, and takes over by itself.
    if (this.state === 'leading' || this.state === 'standing by') return;
    throw new SeraiError(
      'ERR_UPSTREAM_UNAVAILABLE',
      this.state === 'ended'
        ? 'The log has ended: start audit with the one that goes on.'
        : 'The log does not grow: sequencing is being started.',
    );
  }
}

async function noteGaps(term: SequencingTerm, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(GAPS_EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await term.noteGaps();
  }
}
