import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DIRECTORY_API, type DirectorySnapshot } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { inTransaction } from '#libs/persistence';
import { LOGGER, type Logger, Readiness } from '#libs/telemetry';
import { type Directory, DirectoryReplica } from '#libs/trust';
import { Backoff } from '../hub/backoff.js';
import { HubClient } from '../hub/hub-client.js';
import { type AcceptedChange, findStoredChanges, findStoredSnapshot, keepSnapshot } from './directory.repository.js';

const NOT_MODIFIED = 304;

/**
 * This access point's copy of the directory. A start reads the stored copy, so it needs no hub; the snapshot of the hub and the changes of the
 * feed carry it on, both verified against the pinned root keys.
 */
@Injectable()
export class CommunityDirectory implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private starting: Promise<void> | undefined;
  private readonly loaded = Promise.withResolvers<void>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly hub: HubClient,
    private readonly replica: DirectoryReplica,
    readiness: Readiness,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    readiness.add({ name: 'directory-replica', check: () => this.assertLoaded() });
  }

  get isLoaded(): boolean {
    return this.replica.current.version > 0;
  }

  /** @throws SeraiError ERR_UPSTREAM_UNAVAILABLE before the first snapshot */
  get current(): Directory {
    this.assertLoaded();
    return this.replica.current;
  }

  onApplicationBootstrap(): void {
    this.starting = this.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.starting;
  }

  /** Resolves once there is a directory to verify with, or when `stopped` aborts: whoever waits may be asked to stop before this is. */
  async whenLoaded(stopped: AbortSignal): Promise<void> {
    const end = Promise.withResolvers<void>();
    stopped.addEventListener('abort', () => end.resolve(), { once: true });
    await Promise.race([this.loaded.promise, end.promise]);
  }

  /**
   * The whole directory as the hub publishes it now, with its signed statement, to be shown to others. It is not verified here.
   *
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE
   */
  async published(): Promise<Pick<DirectorySnapshot, 'changes' | 'statement'>> {
    const answer = await this.hub.call('directory', DIRECTORY_API.readDirectory.path);
    if (!answer.ok) throw await unavailable(answer);
    return (await answer.json()) as DirectorySnapshot;
  }

  /**
   * Fetches, verifies and keeps the newest snapshot, if there is a newer one.
   *
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE, ERR_TRUST_SNAPSHOT, ERR_TRUST_ROLLBACK
   */
  async refresh(): Promise<void> {
    const { path } = DIRECTORY_API.readDirectory;
    const { head } = this.replica.current;
    const answer = await this.hub.call('directory', path, { headers: { 'if-none-match': `W/"${head}"` } });
    if (answer.status === NOT_MODIFIED) return this.loaded.resolve();
    if (!answer.ok) throw await unavailable(answer);
    const snapshot = (await answer.json()) as DirectorySnapshot;
    const verifiedAt = new Date();
    await this.replica.load(snapshot, verifiedAt);
    await inTransaction(this.dataSource, (tx) => keepSnapshot(tx, snapshot, verifiedAt));
    this.loaded.resolve();
  }

  /** Takes a change from the feed; after a gap the snapshot fills in what is missing. */
  async follow({ change, version, head }: AcceptedChange): Promise<void> {
    if (version > this.replica.current.version + 1) await this.refresh();
    await this.replica.applyAccepted(change, version, head);
  }

  /** Takes what another instance of this access point has stored meanwhile. */
  async catchUp(): Promise<void> {
    const stored = await findStoredChanges(this.dataSource.manager);
    for (const change of stored.filter(({ version }) => version > this.replica.current.version))
      await this.follow(change);
  }

  private async start(): Promise<void> {
    const backoff = new Backoff();
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        if (this.replica.current.version === 0) await this.loadStored();
        await this.refresh();
        return;
      } catch (error) {
        this.logger.warn({ err: error, attempts: backoff.count + 1 }, 'the directory can not be fetched yet');
        await backoff.afterFailure(signal);
      }
    }
  }

  private async loadStored(): Promise<void> {
    const stored = await findStoredSnapshot(this.dataSource.manager);
    if (!stored) return;
    await this.replica.load(stored.snapshot, stored.verifiedAt);
    for (const { change, version, head } of await findStoredChanges(this.dataSource.manager)) {
      await this.replica.applyAccepted(change, version, head);
    }
    this.loaded.resolve();
  }

  private assertLoaded(): void {
    if (this.isLoaded) return;
    throw new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The directory has not been fetched yet. Try again later.');
  }
}

async function unavailable(answer: Response): Promise<SeraiError> {
  await answer.body?.cancel();
  return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The directory does not answer. Try again later.', {
    detail: { status: answer.status },
  });
}
