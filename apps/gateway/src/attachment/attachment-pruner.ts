import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type BlobStore, removeParts } from '#libs/attachments';
import { LOGGER, type Logger } from '#libs/telemetry';
import { BLOB_STORE } from '../tokens.js';
import { AttachmentRepository } from './attachment.repository.js';

const EVERY_MS = 600_000;
const AT_ONCE = 100;

/** Forgets ciphertexts whose time is over. Nothing of them is served from the moment of expiry on, whenever this comes by. */
@Injectable()
export class AttachmentPruner implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly attachments: AttachmentRepository,
    @Inject(BLOB_STORE) private readonly store: BlobStore,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.prune(), EVERY_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** First the bytes, then the row that knows where they are: whatever is cut off is finished next time. */
  async prune(): Promise<void> {
    try {
      for (;;) {
        const expired = await this.attachments.findExpired(AT_ONCE);
        for (const attachment of expired) {
          await removeParts(this.store, attachment);
          await this.attachments.forget(attachment.owner, attachment.attachmentId);
        }
        if (expired.length < AT_ONCE) return;
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'expired attachments could not be forgotten, it will be tried again');
    }
  }
}
