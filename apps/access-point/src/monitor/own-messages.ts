import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { LogView, OpenedLeaf } from '#libs/contracts';
import { isSeraiError } from '#libs/errors';
import { leafEntry } from '#libs/evidence';
import { inTransaction } from '#libs/persistence';
import { LOGGER, type Logger, PeriodicWork } from '#libs/telemetry';
import { leafHash, proveInclusion, type TileFetch, tileHashReader, verifyInclusion } from '#libs/transparency-log';
import { LogAlarms } from './log-alarms.js';
import { LogClient } from './log-client.js';
import { findMonitoredLogs } from './monitor.repository.js';
import { MONITOR_SETTINGS, type MonitorSettings } from './monitor.settings.js';
import { findUnloggedMessages, markLogged, type OwnMessage } from './own-message.repository.js';

const EVERY_MS = 60_000;
const AT_ONCE = 64;
const LONGEST_MS = 60_000;

type Head = LogView['logs'][number];

/**
 * Finds every own message that the hub has acknowledged in the log, in the order of signing, by proofs that are made from the published tiles under the head that
 * was verified here. One that is not there in time was dropped behind the receipt.
 */
@Injectable()
export class OwnMessages implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly periodic: PeriodicWork;

  constructor(
    private readonly dataSource: DataSource,
    private readonly client: LogClient,
    private readonly alarms: LogAlarms,
    @Inject(MONITOR_SETTINGS) private readonly settings: MonitorSettings,
    @Inject(LOGGER) logger: Logger,
  ) {
    const failure = 'own messages could not be looked for in the log, it will be tried again';
    this.periodic = new PeriodicWork({ everyMs: EVERY_MS, work: (stopping) => this.check(stopping), failure, logger });
  }

  onApplicationBootstrap(): void {
    this.periodic.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.periodic.stop();
  }

  /**
   * Looks for the next messages, up to the first that is not due or not there.
   *
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE, ERR_LOG_TILE: then nothing is concluded
   */
  async check(stopping: AbortSignal): Promise<void> {
    const { manager } = this.dataSource;
    const heads = (await findMonitoredLogs(manager)).filter(({ size }) => size > 0);
    const due = dueOf(await findUnloggedMessages(manager, AT_ONCE), Date.now() - this.settings.staleAfterMs);
    if (heads.length === 0 || due.length === 0) return;
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(LONGEST_MS)]);
    const received = due.filter(isReceived).map(({ envelopeId: id, sha256 }) => ({ id, sha256 }));
    const leaves = await this.client.openings(received, signal);
    const fetchTile = this.client.tiles(signal);
    for (const message of due) {
      if (isReceived(message) && !(await isLogged(message, leaves.get(message.envelopeId), heads, fetchTile))) {
        return this.raise(message, heads);
      }
      await markLogged(manager, message.producerSequence);
    }
  }

  private raise({ envelopeId, receivedAt }: OwnMessage, heads: readonly Head[]): Promise<void> {
    const origin = heads.map((head) => head.origin).join(' ');
    const finding = `The hub acknowledged the own message ${envelopeId} at ${receivedAt?.toISOString()}, and it is not in the log.`;
    return inTransaction(this.dataSource, (tx) => this.alarms.raise(tx, { kind: 'MESSAGE_MISSING', origin, finding }));
  }
}

const isReceived = ({ receivedAt }: OwnMessage): boolean => receivedAt !== null;

/** Up to the first that the gateway has not answered, or received too short ago. */
function dueOf(messages: readonly OwnMessage[], before: number): readonly OwnMessage[] {
  const end = messages.findIndex(
    ({ receivedAt, isAnswered }) => !isAnswered || (receivedAt !== null && receivedAt.getTime() > before),
  );
  return end === -1 ? messages : messages.slice(0, end);
}

async function isLogged(
  message: OwnMessage,
  leaves: readonly OpenedLeaf[] = [],
  heads: readonly Head[],
  fetchTile: TileFetch,
): Promise<boolean> {
  for (const leaf of leaves) {
    if (leaf.record.id !== message.envelopeId || leaf.record.messageHash !== message.sha256) continue;
    for (const head of heads) if (await isLeafOf(head, leaf, fetchTile)) return true;
  }
  return false;
}

async function isLeafOf({ size, root }: Head, { index, record, salt }: OpenedLeaf, fetchTile: TileFetch) {
  if (index >= size) return false;
  const proof = await proveInclusion(index, size, tileHashReader(size, fetchTile));
  try {
    const entry = leafEntry(record, Buffer.from(salt, 'base64url'));
    verifyInclusion({ index, size, leafHash: leafHash(entry), proof, root: Buffer.from(root, 'base64') });
    return true;
  } catch (error) {
    if (isSeraiError(error, 'ERR_LOG_PROOF', 'ERR_LOG_MALFORMED')) return false;
    throw error;
  }
}
