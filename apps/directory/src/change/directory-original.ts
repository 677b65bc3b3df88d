import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { SeraiError } from '#libs/errors';
import { HubDirectory, HubIdentity, ROOT_KEYS } from '#libs/hub';
import { CommitListener } from '#libs/messaging';
import { LOGGER, type Logger, Metrics, PeriodicWork, Readiness } from '#libs/telemetry';
import { Directory, type RootKeys } from '#libs/trust';
import { DIRECTORY_CHANGED, DirectoryChangeRepository } from './directory-change.repository.js';

/** An instance that dies between commit and announcement tells nobody. */
const POLL_MS = 2_000;
const FAILURE = 'cannot read the changes of another instance yet';

/**
 * The directory itself, folded from the committed rows. Each fold verifies the changes against the pinned root keys again: whoever could write to the
 * table could still not change the directory.
 */
@Injectable()
export class DirectoryOriginal extends HubDirectory implements OnApplicationBootstrap, OnModuleDestroy {
  private folded: Directory;
  private last: Promise<unknown> = Promise.resolve();
  private readonly listener: CommitListener;
  private readonly poll: PeriodicWork;

  constructor(
    private readonly identity: HubIdentity,
    private readonly changes: DirectoryChangeRepository,
    @InjectDataSource() dataSource: DataSource,
    @Inject(ROOT_KEYS) roots: RootKeys,
    @Inject(LOGGER) private readonly logger: Logger,
    metrics: Metrics,
    readiness: Readiness,
  ) {
    super();
    this.folded = Directory.empty(identity.realm, roots);
    const wake = (): void => void this.catchUpInBackground();
    this.listener = new CommitListener({ dataSource, channel: DIRECTORY_CHANGED, wake, logger });
    this.poll = new PeriodicWork({
      everyMs: POLL_MS,
      work: () => this.catchUp().then(() => undefined),
      failure: FAILURE,
      logger,
    });
    const version = { name: 'serai_directory_version', help: 'Version of the directory that this app knows.' };
    metrics.gauge(version, (gauge) => gauge.set(this.current.version));
    readiness.add({ name: 'directory', check: () => this.assertUsable() });
  }

  get current(): Directory {
    return this.folded;
  }

  /** At once: `GenesisService` reads all rows before the app listens. */
  override async ready(): Promise<void> {}

  override async reached(version: number): Promise<void> {
    if (this.current.version < version) await this.catchUp();
  }

  onApplicationBootstrap(): void {
    this.listener.start();
    this.poll.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.poll.stop(), this.listener.stop()]);
  }

  /**
   * The directory with everything that is committed, other instances' changes too.
   *
   * @param tx to read within; it must hold the lock, and have written nothing yet
   */
  catchUp(tx?: EntityManager): Promise<Directory> {
    const turn = this.last.then(async () => {
      for (const { version, head, change } of await this.changes.changesAfter(this.folded.version, tx)) {
        const next = await this.folded.apply(change);
        if (next.version !== version || next.head !== head) throw forged(version);
        this.folded = next;
      }
      return this.folded;
    });
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async catchUpInBackground(): Promise<void> {
    await this.catchUp().catch((error: unknown) => {
      this.logger.warn({ err: error }, FAILURE);
    });
  }

  override assertUsable(): void {
    const { urn, signer } = this.identity;
    const own = this.current.signingKeysOf(urn, new Date());
    if (own.some(({ kid }) => kid === signer.kid)) return;
    const reason = `The directory holds no active key of ${urn} with the id ${signer.kid}.`;
    throw new SeraiError('ERR_UPSTREAM_UNAVAILABLE', reason);
  }
}

function forged(version: number): SeraiError {
  return new SeraiError('ERR_TRUST_SNAPSHOT', `Row ${version} of the directory is not the one that was accepted.`);
}
