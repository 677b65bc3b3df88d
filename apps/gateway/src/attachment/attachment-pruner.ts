import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type BlobStore, removeParts } from '#libs/attachments';
import { LOGGER, type Logger, PeriodicWork } from '#libs/telemetry';
import { BLOB_STORE } from '../tokens.js';
import { AttachmentRepository } from './attachment.repository.js';

const EVERY_MS = 600_000;
const AT_ONCE = 100;

/** Forgets ciphertexts whose time is over. Nothing of them is served from the moment of expiry on, whenever this comes by. */
@Injectable()
export class AttachmentPruner implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly periodic: PeriodicWork;

  constructor(
    private readonly attachments: AttachmentRepository,
    @Inject(BLOB_STORE) private readonly store: BlobStore,
    @Inject(LOGGER) logger: Logger,
  ) {
    const failure = 'expired attachments could not be forgotten, it will be tried again';
    this.periodic = new PeriodicWork({ everyMs: EVERY_MS, work: (stopping) => this.prune(stopping), failure, logger });
  }

  onApplicationBootstrap(): void {
    this.periodic.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.periodic.stop();
  }

  /** First the bytes, then the row that knows where they are: whatever is cut off is finished next time. */
  async prune(stopping?: AbortSignal): Promise<void> {
    for (;;) {
      const expired = await this.attachments.findExpired(AT_ONCE);
      for (const attachment of expired) {
        if (stopping?.aborted) return;
        await removeParts(this.store, attachment);
        await this.attachments.forget(attachment.owner, attachment.attachmentId);
      }
      if (expired.length < AT_ONCE) return;
    }
  }
}
