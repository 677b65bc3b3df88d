import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { errorFields, type MessagingLogger } from './logger.js';

/** What pg tells of one `pg_notify`. */
interface Notification {
  readonly channel: string;
  readonly payload?: string;
  /** Of the connection that did it. */
  readonly processId: number;
}

/** The part of a pooled pg client that listening needs. */
interface NotifyingClient {
  readonly processID: number;
  on(event: 'notification', listener: (message: Notification) => void): unknown;
  once(event: 'error' | 'end', listener: () => void): unknown;
  off(event: 'notification' | 'error' | 'end', listener: (message: never) => void): unknown;
}

/** PostgreSQL takes fewer bytes than this as a payload. */
const PAYLOAD_BYTES = 8_000;

/**
 * Wakes the {@link CommitListener}s of a channel after a commit: those of this process at once, those of others by `pg_notify`, where there are others. Not within the
 * transaction, because PostgreSQL lets transactions that notify commit one after the other, each with its own flush to disk. A process that dies in between
 * tells nobody: listeners also poll.
 *
 * @param payload what listeners may know instead of looking; '' where they must look. Other processes get only what PostgreSQL takes, else ''
 * @example await atCommit(tx, INSERT, parameters, () => announceCommit(tx.dataSource, 'serai_outbox_requests'))
 */
export function announceCommit(dataSource: DataSource, channel: string, payload = ''): void {
  connectionOf(dataSource).announce(channel, payload);
}

/** What a {@link CommitListener} waits for, and whom it wakes. */
export interface CommitListenerOptions {
  readonly dataSource: DataSource;
  /** Of {@link announceCommit}: lower case letters, digits and underscores. A channel is one per database: put the schema into its name. */
  readonly channel: string;
  /**
   * Called at each announcement with its payload, and with '' after each (re)connection, when announcements may have been missed. Must not throw.
   */
  readonly wake: (payload: string) => void;
  readonly logger: MessagingLogger;
}

/**
 * Calls `wake` when somebody announces a commit, in this process or another (PostgreSQL LISTEN). Listeners of one data source share one pooled connection, which is
 * opened again when it is lost. Announcements may be lost with a connection: poll now and then as well.
 *
 * @example new CommitListener({ dataSource, channel: 'serai_outbox_requests', wake: () => relay.wake(), logger }).start()
 */
export class CommitListener {
  constructor(private readonly options: CommitListenerOptions) {
    if (!/^[a-z0-9_]{1,63}$/.test(options.channel)) throw new TypeError(`"${options.channel}" is not a channel name.`);
  }

  /** Resolves at once; listening begins in the background and survives outages. */
  start(): void {
    connectionOf(this.options.dataSource).add(this.options);
  }

  async stop(): Promise<void> {
    await connections.get(this.options.dataSource)?.remove(this.options);
  }
}

const RECONNECT_AFTER_MS = 500;
/** What is announced within this time goes to other processes together. */
const TELL_OTHERS_AFTER_MS = 5;
/** How often a process tells the others of its service that it is there. */
const PRESENT_EVERY_MS = 1_000;
/** Of whom nothing was heard for so long, polls. */
const GONE_AFTER_MS = 3_500;
const HELLO = 'hello';

/** One per data source: at each notification PostgreSQL wakes every connection of the database that listens to anything. */
class ListeningConnection {
  private readonly listeners = new Set<CommitListenerOptions>();
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  /** While it listens to the channels of all. */
  private session: QueryRunner | undefined;
  private processId: number | undefined;
  /** Payloads by channel that other processes do not know yet. */
  private untold = new Map<string, string>();
  private telling: Promise<void> | undefined;
  private readonly announced = new Set<string>();
  /** When another process of this service was heard of; one that begins takes it that there is one. */
  private othersHeardAt = 0;
  private readonly presence: string;

  constructor(private readonly dataSource: DataSource) {
    const { schema } = dataSource.options as { schema?: string };
    this.presence = `serai_present_${schema}`;
  }

  announce(channel: string, payload: string): void {
    this.wake(channel, payload);
    this.announced.add(channel);
    const isAlone = this.session !== undefined && Date.now() - this.othersHeardAt > GONE_AFTER_MS;
    if (!isAlone) this.notify(channel, payload);
  }

  private notify(channel: string, payload: string): void {
    const isOnly = !this.untold.has(channel) && Buffer.byteLength(payload) < PAYLOAD_BYTES;
    this.untold.set(channel, isOnly ? payload : '');
    this.telling ??= this.tellOthers();
  }

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
    await Promise.all([this.running, this.telling]);
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
    const present = setInterval(() => this.session && this.notify(this.presence, ''), PRESENT_EVERY_MS);
    try {
      // What is announced is worth no flush to disk.
      await session.query('set synchronous_commit = off');
      // Those who come meanwhile are in the set, and their turn comes too.
      for (const listener of this.listeners) await listen(session, listener);
      await listen(session, { channel: this.presence });
      this.processId = client.processID;
      this.othersHeardAt = Date.now();
      this.session = session;
      this.notify(this.presence, HELLO);
      for (const listener of this.listeners) listener.wake('');
      if (!signal.aborted) await lost.promise;
    } finally {
      this.session = undefined;
      clearInterval(present);
      client.off('notification', this.tell);
      client.off('error', stop);
      client.off('end', stop);
      signal.removeEventListener('abort', stop);
      await giveBack(session);
    }
  }

  private readonly tell = ({ channel, payload = '', processId }: Notification): void => {
    // What was announced here has woken everybody here.
    if (processId === this.processId) return;
    try {
      if (channel === this.presence) this.meet(payload);
      else this.wake(channel, payload);
    } catch {
      // Whoever may notify here may have sent anything: then nothing is known, and all must look.
      this.wake(channel, '');
    }
  };

  /** One that has just come may have missed what was announced while nobody else was there. */
  private meet(payload: string): void {
    this.othersHeardAt = Date.now();
    if (payload === HELLO) for (const channel of this.announced) this.notify(channel, '');
  }

  private wake(channel: string, payload: string): void {
    for (const listener of this.listeners) if (listener.channel === channel) listener.wake(payload);
  }

  /** Until nothing is left to tell, over the connection that listens, or any while there is none. */
  private async tellOthers(): Promise<void> {
    while (this.untold.size > 0) {
      await pause(TELL_OTHERS_AFTER_MS);
      const told = [...this.untold];
      this.untold = new Map();
      await (this.session ?? this.dataSource)
        .query('select pg_notify(channel, payload) from unnest($1::text[], $2::text[]) as n (channel, payload)', [
          told.map(([channel]) => channel),
          told.map(([, payload]) => payload),
        ])
        .catch(() => undefined);
    }
    this.telling = undefined;
  }
}

const connections = new WeakMap<DataSource, ListeningConnection>();

function connectionOf(dataSource: DataSource): ListeningConnection {
  const connection = connections.get(dataSource) ?? new ListeningConnection(dataSource);
  connections.set(dataSource, connection);
  return connection;
}

async function listen(session: QueryRunner, { channel }: Pick<CommitListenerOptions, 'channel'>): Promise<void> {
  await session.query(`listen ${channel}`);
}

/** The next user of the pooled connection must not be notified. */
async function giveBack(session: QueryRunner): Promise<void> {
  await session.query('unlisten *').catch(() => undefined);
  await session.query('reset synchronous_commit').catch(() => undefined);
  await session.release();
}
