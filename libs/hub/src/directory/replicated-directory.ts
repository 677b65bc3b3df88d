import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { TOPICS } from '#libs/contracts';
import { isSeraiError, SeraiError } from '#libs/errors';
import { type KafkaConnection, type ReceivedRecord, TopicReader } from '#libs/messaging';
import { Lifecycle, LOGGER, type Logger } from '#libs/telemetry';
import { type Directory, DirectoryReplica, type RootKeys } from '#libs/trust';
import { HubIdentity } from '../hub-identity.js';
import { KAFKA_CONNECTION, ROOT_KEYS } from '../tokens.js';
import { DirectoryFollower } from './directory-follower.js';
import { DirectoryObservers } from './directory-observers.js';
import { HubDirectory } from './hub-directory.js';

const RESTART_MS = 1_000;

/** Replica of the directory, read from `directory.events` from its beginning at every start and followed from then on. */
@Injectable()
export class ReplicatedDirectory extends HubDirectory implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly replica: DirectoryReplica;
  private readonly follower: DirectoryFollower;
  private readonly stopping = new AbortController();
  private readonly usable = Promise.withResolvers<void>();
  private reader: TopicReader | undefined;
  private starting: Promise<void> = Promise.resolve();
  private caughtUp = false;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly identity: HubIdentity,
    @Inject(ROOT_KEYS) roots: RootKeys,
    @Inject(KAFKA_CONNECTION) private readonly connection: KafkaConnection,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly lifecycle: Lifecycle,
    observers: DirectoryObservers,
  ) {
    super();
    this.replica = new DirectoryReplica({ realm: identity.realm, roots, audience: 'any' });
    this.follower = new DirectoryFollower(this.replica, identity.realm);
    observers.watch(
      () => this.current.version,
      () => this.assertFollowing(),
    );
  }

  get current(): Directory {
    return this.replica.current;
  }

  /** Resolves once the replica has caught up with the topic and holds this service's own key: work on records may begin. */
  override ready(): Promise<void> {
    return this.usable.promise;
  }

  override assertUsable(): void {
    const reason = this.whyUnusable();
    if (reason !== undefined) throw unusable(reason);
  }

  override async reached(version: number): Promise<void> {
    while (this.current.version < version) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  onApplicationBootstrap(): void {
    void this.read();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.starting.catch(() => undefined);
    await this.reader?.stop();
  }

  /** Starts reading, again and again while the broker or the topic is not there yet. */
  private async read(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted && !this.caughtUp) {
      this.reader = this.newReader();
      try {
        this.starting = this.reader.start();
        await this.starting;
        await this.reader.caughtUp();
        this.caughtUp = true;
        this.announce();
      } catch (error) {
        this.logger.warn({ err: error }, 'cannot read the directory topic yet');
        await this.reader.stop().catch(() => undefined);
        await sleep(RESTART_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private newReader(): TopicReader {
    return new TopicReader({
      connection: this.connection,
      topic: TOPICS.directoryEvents.name,
      name: `${this.connection.clientId}-directory`,
      handle: (record) => this.take(record),
      onCrash: (error) => this.lifecycle.fail(error),
    });
  }

  private async take(record: ReceivedRecord): Promise<void> {
    try {
      await this.follower.follow(record);
      this.announce();
    } catch (error) {
      if (!isSeraiError(error) || error.row.disposition !== 'park') throw error;
      // Not the directory service's: whoever wrote it has write access to the topic and should not.
      const { offset } = record;
      this.logger.error({ err: error, offset }, 'passed over a record that is not of the directory service');
    }
  }

  private announce(): void {
    if (this.whyUnusable() === undefined) this.usable.resolve();
    for (const resume of this.waiting.splice(0)) resume();
  }

  private assertFollowing(): void {
    this.assertUsable();
    if (!this.reader?.liveness().live) throw unusable('The directory is not being followed.');
  }

  private whyUnusable(): string | undefined {
    if (!this.caughtUp) return 'The directory is still being read.';
    if (this.current.version === 0) return 'The directory service has published nothing yet.';
    if (!this.follower.isProven) return 'The directory does not hold the key of its own service yet.';
    const own = this.current.signingKeysOf(this.identity.urn, new Date());
    if (own.some(({ kid }) => kid === this.identity.signer.kid)) return undefined;
    return `The directory holds no active key of ${this.identity.urn} with the id ${this.identity.signer.kid}.`;
  }
}

function unusable(reason: string): SeraiError {
  return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', reason);
}
