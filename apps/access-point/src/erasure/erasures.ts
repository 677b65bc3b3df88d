import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type BlobStore, removeParts } from '#libs/attachments';
import type { ErasedLeg, ErasureReason } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { inTransaction } from '#libs/persistence';
import { LOGGER, type Logger, PeriodicWork } from '#libs/telemetry';
import { AccessLog } from '../access-log/access-log.service.js';
import { BLOB_STORE } from '../attachment/blob-store.token.js';
import { Idempotency } from '../idempotency/idempotency.service.js';
import { assertReachable } from '../leg/leg.reader.js';
import { type LegRecord, lockLeg } from '../leg/leg.repository.js';
import type { Call } from '../officer/call.js';
import {
  eraseForEver,
  findBlobsOfLeg,
  findErasureState,
  findOverdueForErasure,
  findRecordsOfLeg,
  findUnfinished,
  insertErasedLeg,
  lockErasing,
  markFinished,
  refuseAttachments,
} from './erasure.repository.js';
import { RETENTION_DAYS } from './retention.token.js';
import { Tombstones } from './tombstones.js';

const EVERY_MS = 3_600_000;
const AT_ONCE = 100;
const DAY_MS = 86_400_000;
const ENDED = new Set(['CLOSED', 'WITHDRAWN']);

/**
 * Erases what people wrote about a leg, by destroying its keys. In this order: the decision with its access-log entry, the tombstones, the ciphertexts of attachments,
 * the keys. Whatever dies in between, the next start and the next round finish it.
 */
@Injectable()
export class Erasures implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly periodic: PeriodicWork;
  private beginning: Promise<void> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    private readonly idempotency: Idempotency,
    private readonly accessLog: AccessLog,
    private readonly tombstones: Tombstones,
    @Inject(BLOB_STORE) private readonly store: BlobStore,
    @Inject(RETENTION_DAYS) private readonly retentionDays: number,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const failure = 'erasing failed, it will be tried again';
    this.periodic = new PeriodicWork({ everyMs: EVERY_MS, work: (stopping) => this.round(stopping), failure, logger });
  }

  onApplicationBootstrap(): void {
    this.periodic.start();
    this.beginning = this.finishAll().catch((error: unknown) => {
      this.logger.warn({ err: error }, 'what was to be erased is not gone yet, it will be tried again');
    });
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.beginning, this.periodic.stop()]);
  }

  /** @throws SeraiError ERR_REQUEST_NOT_FOUND, ERR_LEG_NOT_ENDED, ERR_CONTENT_HELD; ERR_STORAGE_* when it is decided and will be finished later */
  async erase(call: Call<'eraseLeg'>): Promise<ErasedLeg> {
    const { legId } = await this.idempotency.once(call, async (tx) => {
      const leg = assertReachable(call.reach, await lockLeg(tx, call.params.legId));
      await this.decide(tx, leg, call.body.reason, () => this.accessLog.erased(tx, { ...call, legId: leg.legId }));
      return { legId: leg.legId };
    });
    await this.finish(legId);
    const { erased } = await findErasureState(this.dataSource.manager, legId);
    return { legId, ...erased! };
  }

  /** Finishes what was begun, then erases what is kept no longer. */
  async round(stopping: AbortSignal): Promise<void> {
    await this.finishAll();
    if (this.retentionDays === 0) return;
    const endedBefore = new Date(Date.now() - this.retentionDays * DAY_MS);
    for (const legId of await findOverdueForErasure(this.dataSource.manager, endedBefore, AT_ONCE)) {
      if (stopping.aborted) return;
      await this.eraseOverdue(legId);
    }
  }

  private async finishAll(): Promise<void> {
    for (const legId of await findUnfinished(this.dataSource.manager)) await this.finish(legId);
  }

  private async eraseOverdue(legId: string): Promise<void> {
    await inTransaction(this.dataSource, async (tx) => {
      const leg = (await lockLeg(tx, legId))!;
      await this.decide(tx, leg, 'RETENTION', () => this.accessLog.erasedByItself(tx, legId));
    });
    await this.finish(legId);
  }

  private async decide(
    tx: EntityManager,
    { legId, state }: LegRecord,
    reason: ErasureReason,
    log: () => Promise<void>,
  ): Promise<void> {
    if (state === null || !ENDED.has(state.status)) {
      throw new SeraiError('ERR_LEG_NOT_ENDED', 'Close or withdraw the leg first: what goes on is not erased.');
    }
    const { erased, isHeld } = await findErasureState(tx, legId);
    if (erased) return;
    if (isHeld) throw new SeraiError('ERR_CONTENT_HELD', 'A hold keeps the leg: release it first (serai legs holds).');
    await log();
    await insertErasedLeg(tx, { legId, reason, at: new Date() });
  }

  private async finish(legId: string): Promise<void> {
    await inTransaction(this.dataSource, async (tx) => {
      await lockErasing(tx);
      const records = await findRecordsOfLeg(tx, legId);
      await this.tombstones.add(records);
      for (const blob of await findBlobsOfLeg(tx, legId)) await removeParts(this.store, blob);
      await eraseForEver(tx, records);
      await refuseAttachments(tx, legId);
      await markFinished(tx, legId, new Date());
    });
    this.logger.info({ leg: legId }, 'the content of a leg was erased');
  }
}
