import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { errorFields, type MessagingLogger } from './logger.js';

/** The part of a pooled pg client that listening needs. */
interface NotifyingClient {
  on(event: 'notification', listener: (message: { channel: string }) => void): unknown;
  once(event: 'error' | 'end', listener: () => void): unknown;
  off(event: 'notification' | 'error' | 'end', listener: (message: never) => void): unknown;
}

/** What a {@link CommitListener} waits for, and whom it wakes. */
export interface CommitListenerOptions {
  readonly dataSource: DataSource;
  /** Channel of `pg_notify`: lower case letters, digits and underscores. A channel is one per database: put the schema into its name. */
  readonly channel: string;
  /** Called at each notification and after each (re)connection, when notifications may have been missed. Must not throw. */
  readonly wake: () => void;
  readonly logger: MessagingLogger;
}

const RECONNECT_AFTER_MS = 500;

/**
 * Calls `wake` when a transaction that did `pg_notify` commits (PostgreSQL LISTEN). Keeps one pooled connection and reconnects when it is lost.
 * Notifications may be lost with a connection: poll now and then as well.
 *
 * @example new CommitListener({ dataSource, channel: 'serai_outbox_requests', wake: () => relay.wake(), logger }).start()
 */
export class CommitListener {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly options: CommitListenerOptions) {
    if (!/^[a-z0-9_]{1,63}$/.test(options.channel)) throw new TypeError(`"${options.channel}" is not a channel name.`);
  }

  /** Resolves at once; listening begins in the background and survives outages. */
  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.listenUntilLost();
      } catch (error) {
        this.options.logger.warn({ channel: this.options.channel, ...errorFields(error) }, 'cannot listen for commits');
      }
      await pause(RECONNECT_AFTER_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async listenUntilLost(): Promise<void> {
    const session = this.options.dataSource.createQueryRunner();
    const client = (await session.connect()) as NotifyingClient;
    const { signal } = this.stopping;
    const lost = Promise.withResolvers<void>();
    const stop = (): void => lost.resolve();
    client.on('notification', this.options.wake);
    client.once('error', stop);
    client.once('end', stop);
    signal.addEventListener('abort', stop);
    try {
      await session.query(`listen ${this.options.channel}`);
      this.options.wake();
      if (!signal.aborted) await lost.promise;
    } finally {
      client.off('notification', this.options.wake);
      client.off('error', stop);
      client.off('end', stop);
      signal.removeEventListener('abort', stop);
      await giveBack(session, this.options.channel);
    }
  }
}

/** The next user of the pooled connection must not be notified. */
async function giveBack(session: QueryRunner, channel: string): Promise<void> {
  await session.query(`unlisten ${channel}`).catch(() => undefined);
  await session.release();
}
