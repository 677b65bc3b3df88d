import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { isSeraiError } from '#libs/errors';
import { inTransaction } from '#libs/persistence';
import { LOGGER, type Logger } from '#libs/telemetry';
import { type Policy, serialiseNote, type VerifiedCheckpoint } from '#libs/transparency-log';
import { CommunityDirectory } from '../directory/community-directory.js';
import { WakeSignal } from '../hub/wake-signal.js';
import { Witness } from '../witness/witness.js';
import { believedCheckpoint, judgeCheckpoint, witnessedAt } from './judge-checkpoint.js';
import { type NewAlarm, wasAcknowledged } from './log-alarm.repository.js';
import { LogAlarms } from './log-alarms.js';
import { LogClient } from './log-client.js';
import { findMonitoredHead, type MonitoredHead, storeNews } from './monitor.repository.js';
import { MONITOR_SETTINGS, type MonitorSettings } from './monitor.settings.js';
import { Succession } from './succession.js';

const LONGEST_LOOK_MS = 60_000;

/**
 * Follows the published log for the agency: each checkpoint must be believed by the policy of the own directory, and continue the newest one that was seen. Nothing
 * is taken from the hub's word; what is known is kept over restarts.
 */
@Injectable()
export class LogMonitor implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly wake = new WakeSignal();
  private running: Promise<void> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly community: CommunityDirectory,
    private readonly client: LogClient,
    private readonly alarms: LogAlarms,
    private readonly witness: Witness,
    private readonly succession: Succession,
    @Inject(MONITOR_SETTINGS) private readonly settings: MonitorSettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    this.wake.wake();
    await this.running;
  }

  /**
   * Reads the newest checkpoint and judges it, once.
   *
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE, ERR_LOG_TILE; what the database throws
   */
  async look(): Promise<void> {
    const policies = this.policies();
    const [policy] = policies;
    if (policy === undefined) return;
    const now = new Date();
    const known = new Map<string, MonitoredHead>();
    for (const { key } of policy.logs) {
      known.set(key.name, await findMonitoredHead(this.dataSource.manager, key.name, now));
    }
    try {
      await this.read(policies, known);
    } finally {
      await this.raiseIfStale(policy, now);
    }
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    await this.community.whenLoaded(signal);
    while (!signal.aborted) {
      try {
        await this.look();
      } catch (error) {
        if (!signal.aborted) this.logger.warn({ err: error }, 'the log can not be read, it will be tried again');
      }
      this.witness.begin();
      await this.wake.wait(this.settings.everyMs);
    }
  }

  /** The policy in force, and the one before it for as long as a checkpoint may be old. */
  private policies(): Policy[] {
    const now = Date.now();
    const { current } = this.community;
    const records = [now, now - this.settings.staleAfterMs].map((at) => current.logPolicyAt(new Date(at)));
    return [...new Set(records)].flatMap((record) => (record === undefined ? [] : [record.policy]));
  }

  private async read(policies: readonly Policy[], heads: ReadonlyMap<string, MonitoredHead>): Promise<void> {
    const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(LONGEST_LOOK_MS)]);
    const bytes = await this.client.checkpoint(signal);
    if (bytes === undefined) return;
    const verified = this.believed(bytes, policies);
    if (typeof verified === 'string') {
      const origin = policies[0]?.logs[0]?.key.name ?? '';
      return this.raise({ kind: 'UNVERIFIABLE', origin, finding: verified, met: bytes });
    }
    const { origin } = verified.checkpoint;
    const known = heads.get(origin) ?? (await findMonitoredHead(this.dataSource.manager, origin, new Date()));
    if (known.note === null && !(await this.isNext(verified, signal))) return;
    const seen = { checkpoint: verified.checkpoint, witnessedAt: witnessedAt(verified) };
    const judgement = await judgeCheckpoint(seen, known, this.client.tiles(origin, signal));
    if ('finding' in judgement) {
      const { verdict: kind, finding } = judgement;
      return this.raise({ kind, origin, finding, met: bytes, known: known.note });
    }
    if (known.continuedBy !== null && verified.checkpoint.size > known.size) {
      const finding = `It grows, and had ended: ${known.continuedBy} goes on.`;
      return this.raise({ kind: 'ROLLBACK', origin, finding, met: bytes, known: known.note });
    }
    if (judgement.verdict === 'NEWS' && known.continuedBy === null) await this.store(verified);
    await this.witness.remember(verified);
  }

  /** Whether a log that was never seen goes on where the one before it ended, or an officer has accepted that it does not. */
  private async isNext({ checkpoint, note }: VerifiedCheckpoint, signal: AbortSignal): Promise<boolean> {
    const { manager } = this.dataSource;
    const { origin } = checkpoint;
    if (await wasAcknowledged(manager, 'SUCCESSION', origin)) return true;
    const descent = await this.succession.descentOf(checkpoint, signal);
    if (descent.kind === 'proven') await storeNews(manager, descent.previous);
    if (descent.kind !== 'broken') return true;
    await this.raise({ kind: 'SUCCESSION', origin, finding: descent.finding, met: serialiseNote(note) });
    return false;
  }

  private believed(bytes: Buffer, policies: readonly Policy[]): VerifiedCheckpoint | string {
    try {
      return believedCheckpoint(bytes, policies);
    } catch (error) {
      if (isSeraiError(error, 'ERR_LOG_MALFORMED', 'ERR_LOG_SIGNATURE', 'ERR_LOG_QUORUM'))
        return `Its published checkpoint does not verify: ${error.message}`;
      throw error;
    }
  }

  private async store(verified: VerifiedCheckpoint): Promise<void> {
    const { origin, size, root } = verified.checkpoint;
    const note = serialiseNote(verified.note);
    const news = { origin, size, root, note, witnessedAt: witnessedAt(verified), newsAt: new Date() };
    await storeNews(this.dataSource.manager, news);
  }

  /** A log that shows nothing new may hide something: witnesses see its head anew every few minutes, also where nothing happens. */
  private async raiseIfStale({ logs }: Policy, now: Date): Promise<void> {
    const { manager } = this.dataSource;
    const heads = await Promise.all(logs.map(({ key }) => findMonitoredHead(manager, key.name, now)));
    const newest = Math.max(...heads.map(({ newsAt }) => newsAt.getTime()));
    if (now.getTime() - newest < this.settings.staleAfterMs) return;
    const since = new Date(newest).toISOString();
    const origin = logs.map(({ key }) => key.name).join(' ');
    await this.raise({ kind: 'STALE', origin, finding: `It has shown nothing new since ${since}.` });
  }

  private raise(alarm: NewAlarm): Promise<void> {
    return inTransaction(this.dataSource, (tx) => this.alarms.raise(tx, alarm));
  }
}
