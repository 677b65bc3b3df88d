import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SeraiError } from '#libs/errors';
import { LOGGER, type Logger } from '#libs/telemetry';
import { eraseForEver } from '../erasure/erasure.repository.js';
import { Tombstones } from '../erasure/tombstones.js';

const AGAIN_AFTER_MS = 2_000;

/**
 * Erases again, before anything is opened, what a restored backup has brought back. Until it has seen every tombstone the vault stays closed.
 */
@Injectable()
export class ErasedRecords implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private isKnown = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly tombstones: Tombstones,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.untilKnown();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** @throws SeraiError ERR_STORAGE_UNAVAILABLE */
  assertKnown(): void {
    if (this.isKnown) return;
    throw new SeraiError(
      'ERR_STORAGE_UNAVAILABLE',
      'It is not known yet what was erased: the storage of attachments has to be read first. Try again later.',
    );
  }

  private async untilKnown(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted && !this.isKnown) {
      try {
        for await (const ids of this.tombstones.pages()) await eraseForEver(this.dataSource.manager, ids);
        this.isKnown = true;
      } catch (error) {
        this.logger.warn({ err: error }, 'what was erased cannot be read; nothing is opened until it is');
        await pause(AGAIN_AFTER_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
