import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { errorFields, type MessagingLogger } from './logger.js';

/** What pg tells of one `pg_notify`. */
interface Notification {
  readonly channel: string;
  readonly payload?: string;
}

/** The part of a pooled pg client that listening needs. */
interface NotifyingClient {
  on(event: 'notification', listener: (message: Notification) => void): unknown;
  once(event: 'error' | 'end', listener: () => void): unknown;
  off(event: 'notification' | 'error' | 'end', listener: (message: never) => void): unknown;
}

/** What a {@link CommitListener} waits for, and whom it wakes. */
export interface CommitListenerOptions {
  readonly dataSource: DataSource;
  /** Channel of `pg_notify`: lower case letters, digits and underscores. A channel is one per database: put the schema into its name. */
  readonly channel: string;
  /**
   * Called at each notification with its payload, and with '' after each (re)connection, when notifications may have been missed. Must not throw.
   */
  readonly wake: (payload: string) => void;
  readonly logger: MessagingLogger;
}

/**
 * Calls `wake` when a transaction that did `pg_notify` commits (PostgreSQL LISTEN). Listeners of one data source share one pooled connection, which is
 * opened again when it is lost. Notifications may be lost with a connection: poll now and then as well.
 *
 * @example new CommitListener({ dataSource, channel: 'serai_outbox_requests', wake: () => relay.wake(), logger }).start()
 */
export class CommitListener {
  constructor(private readonly options: CommitListenerOptions) {
    if (!/^[a-z0-9_]{1,63}$/.test(options.channel)) throw new TypeError(`"${options.channel}" is not a channel name.`);
  }

  /** Resolves at once; listening begins in the background and survives outages. */
  start(): void {
    const { dataSource } = this.options;
    const connection = connections.get(dataSource) ?? new ListeningConnection(dataSource);
    connections.set(dataSource, connection);
    connection.add(this.options);
  }

  async stop(): Promise<void> {
    await connections.get(this.options.dataSource)?.remove(this.options);
  }
}

const RECONNECT_AFTER_MS = 500;

/** One per data source: at each notification PostgreSQL wakes every connection of the database that listens to anything. */
class ListeningConnection {
  private readonly listeners = new Set<CommitListenerOptions>();
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  /** While it listens to the channels of all. */
  private session: QueryRunner | undefined;

  constructor(private readonly dataSource: DataSource) {}

  add(listener: CommitListenerOptions): void {
    this.listeners.add(listener);
    this.running ??= this.run();
    // Should this fail the connection is lost, and the next one listens to all.
    if (this.session)
      void listen(this.session, listener).then(
        () => listener.wake(''),
        () => undefined,
      );
  }

  /** With the last listener the connection goes back to its pool. */
  async remove(listener: CommitListenerOptions): Promise<void> {
    this.listeners.delete(listener);
    if (this.listeners.size > 0) return;
    if (connections.get(this.dataSource) === this) connections.delete(this.dataSource);
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.listenUntilLost();
      } catch (error) {
        for (const { logger, channel } of this.listeners) {
          logger.warn({ channel, ...errorFields(error) }, 'cannot listen for commits');
        }
      }
      await pause(RECONNECT_AFTER_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async listenUntilLost(): Promise<void> {
    const session = this.dataSource.createQueryRunner();
    const client = (await session.connect()) as NotifyingClient;
    const { signal } = this.stopping;
    const lost = Promise.withResolvers<void>();
    const stop = (): void => lost.resolve();
    client.on('notification', this.tell);
    client.once('error', stop);
    client.once('end', stop);
    signal.addEventListener('abort', stop);
    try {
      // Those who come meanwhile are in the set, and their turn comes too.
      for (const listener of this.listeners) await listen(session, listener);
      this.session = session;
      for (const listener of this.listeners) listener.wake('');
      if (!signal.aborted) await lost.promise;
    } finally {
      this.session = undefined;
      client.off('notification', this.tell);
      client.off('error', stop);
      client.off('end', stop);
      signal.removeEventListener('abort', stop);
      await giveBack(session);
    }
  }

  private readonly tell = ({ channel, payload = '' }: Notification): void => {
    for (const listener of this.listeners) if (listener.channel === channel) listener.wake(payload);
  };
}

const connections = new WeakMap<DataSource, ListeningConnection>();

async function listen(session: QueryRunner, { channel }: CommitListenerOptions): Promise<void> {
  await session.query(`listen ${channel}`);
}

/** The next user of the pooled connection must not be notified. */
async function giveBack(session: QueryRunner): Promise<void> {
  await session.query('unlisten *').catch(() => undefined);
  await session.release();
}
