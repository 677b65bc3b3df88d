import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { type BlobStore, cutIntoSegments, PART_BYTES, putPart, readParts } from '#libs/attachments';
import { type ErrorCode, isSeraiError, SeraiError } from '#libs/errors';
import { announceCommit } from '#libs/messaging';
import { inTransaction } from '#libs/persistence';
import { LOGGER, type Logger } from '#libs/telemetry';
import { Backoff } from '../hub/backoff.js';
import { WakeSignal } from '../hub/wake-signal.js';
import { attachmentView } from '../leg/leg.view.js';
import { findMessage } from '../leg/message.repository.js';
import { appendLiveEvents } from '../live/live.repository.js';
import { attachmentChanged } from '../live/live-event.js';
import { OUTGOING_CHANNEL } from '../outgoing/outgoing.repository.js';
import {
  type AttachmentRecord,
  type AttachmentStep,
  becomeCarrier,
  findProofBytes,
  findWaiting,
  keepStep,
  resignAsCarrier,
} from './attachment.repository.js';
import { BLOB_STORE } from './blob-store.token.js';
import { Downloads } from './downloads.js';
import { GatewayAttachments } from './gateway-attachments.js';
import { assertGood, assertHash } from './opened-attachment.js';

const POLL_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** Ciphertexts under way at once: one that stands still holds up no other. */
const LANES = 4;

/** What a fetched ciphertext may turn out to be that no other try makes better: its sender is at fault, or the hub has it no more. */
const FINAL: readonly ErrorCode[] = ['ERR_ATTACHMENT_EXPIRED', 'ERR_CONTENT_ERASED'];
/** The gateway will not take an own ciphertext: the message goes without it and is refused with a signature. */
const FINAL_UPLOAD: readonly ErrorCode[] = [
  'ERR_ATTACHMENT_TOO_LARGE',
  'ERR_ATTACHMENT_MISMATCH',
  'ERR_REQUEST_INVALID',
];

/**
 * Carries ciphertexts: own ones to the hub, before the messages that name them; received ones from there, where all of them is judged before anybody may open them.
 * A few at once, by one instance; whatever fails, for whatever reason, is tried again later from where it was, and the others go on.
 */
@Injectable()
export class AttachmentCarrier implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly pause = new WakeSignal();
  private readonly backoff = new Backoff();
  /** By attachment: one that several legs share is one upload. */
  private readonly underWay = new Map<string, Promise<void>>();
  private running: Promise<void> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly gateway: GatewayAttachments,
    private readonly downloads: Downloads,
    @Inject(BLOB_STORE) private readonly store: BlobStore,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    this.pause.wake();
    await this.running;
    await Promise.all(this.underWay.values());
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const session = this.dataSource.createQueryRunner();
      try {
        if (await becomeCarrier(session)) await this.carryAll(session);
        else await this.pause.wait(POLL_MS);
      } catch (error) {
        this.logger.warn({ err: error }, 'carrying attachments failed, it will be tried again');
        await resignAsCarrier(session).catch(() => undefined);
        await this.backoff.afterFailure(signal);
      } finally {
        await session.release().catch(() => undefined);
      }
    }
  }

  /** Leaves by an error when the database is away. */
  /** Leaves by an error when the database is away. */
  private async carryAll(session: QueryRunner): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const free = this.underWay.size < LANES;
      const attachment = free ? await findWaiting(session, [...this.underWay.keys()]) : undefined;
      if (attachment) this.start(attachment);
      else await this.pause.wait(POLL_MS);
      this.backoff.reset();
    }
    await resignAsCarrier(session);
  }

  private start(attachment: AttachmentRecord): void {
    const { attachmentId } = attachment;
    const carried = this.carry(attachment)
      .catch(async (error: unknown) => {
        this.logger.warn({ err: error, attachmentId }, 'what became of an attachment could not be kept');
        await this.backoff.afterFailure(this.stopping.signal);
      })
      .then(() => {
        this.underWay.delete(attachmentId);
        this.pause.wake();
      });
    this.underWay.set(attachmentId, carried);
  }

  private async carry(attachment: AttachmentRecord): Promise<void> {
    try {
      await (attachment.direction === 'outgoing' ? this.send(attachment) : this.receive(attachment));
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      if (isSeraiError(error, 'ERR_DATABASE_UNAVAILABLE')) throw error;
      await this.keepFailure(attachment, error);
    }
  }

  /** Whatever it is, the next try is later: what fails at once each time takes no others' place. */
  private async keepFailure(attachment: AttachmentRecord, error: unknown): Promise<void> {
    const { attachmentId, direction, attempts } = attachment;
    const code = isSeraiError(error) ? error.code : 'ERR_INTERNAL_UNEXPECTED';
    this.logger.warn({ err: error, code, attachmentId, direction }, 'an attachment could not be carried');
    const isFinal = (direction === 'outgoing' ? FINAL_UPLOAD : FINAL).includes(code);
    const waitMs = Math.min(LONGEST_WAIT_MS, POLL_MS * 2 ** attempts);
    const state = isFinal || error instanceof Refused ? 'REFUSED' : 'WAITING';
    const again = error instanceof StartAgain ? { carried: 0 } : {};
    await this.keep(attachment, { ...again, state, code, waitMs });
  }

  private async send(attachment: AttachmentRecord): Promise<void> {
    const content = await collect(readParts(this.store, attachment));
    const steps: Promise<void>[] = [];
    const onProgress = (carried: number) =>
      void steps.push(this.keep(attachment, { carried, state: 'WAITING' }).catch(() => undefined));
    await this.gateway.upload({ ...attachment, content }, onProgress, this.stopping.signal);
    await Promise.all(steps);
    await this.keep(attachment, { carried: attachment.bytes, state: 'READY' });
  }

  private async receive(attachment: AttachmentRecord): Promise<void> {
    const { envelopeId, attachmentId, bytes } = attachment;
    const { manager } = this.dataSource;
    const [proof, message] = [await findProofBytes(manager, envelopeId), await findMessage(manager, envelopeId)];
    if (!proof || !message) throw new TypeError('A received attachment without its message.');
    const offset = attachment.carried;
    if (offset < bytes) {
      const stream = await this.gateway.fetch(attachmentId, { ...proof, offset }, this.stopping.signal);
      await this.keepParts(attachment, stream);
    }
    await assertHash(this.store, attachment).catch(startAgain);
    const locked = await this.downloads.unlock(manager, attachment, message).catch(refuse);
    await assertGood(this.store, locked).catch(refuse);
    await this.keep(attachment, { carried: bytes, state: 'READY' });
  }

  /** Stores what comes, part by part, and never more than was announced. A part that broke off is fetched again. */
  private async keepParts(attachment: AttachmentRecord, stream: AsyncIterable<Uint8Array>): Promise<void> {
    const { blobId, bytes } = attachment;
    let at = attachment.carried;
    try {
      for await (const part of cutIntoSegments(stream, () => PART_BYTES)) {
        const end = at + part.bytes.byteLength;
        if (end > bytes || (part.isLast && end < bytes)) throw mismatch('The hub sends another number of bytes.');
        await putPart(this.store, blobId, at, part.bytes);
        at = end;
        if (at < bytes) await this.keep(attachment, { carried: at, state: 'WAITING' });
      }
    } catch (cause) {
      if (isSeraiError(cause)) throw cause;
      throw new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The hub broke off. Try again later.', { cause });
    }
  }

  private async keep(attachment: AttachmentRecord, step: AttachmentStep): Promise<void> {
    await inTransaction(this.dataSource, async (tx) => {
      const changed = await keepStep(tx, attachment, step);
      await appendLiveEvents(
        tx,
        changed.map((row) =>
          attachmentChanged({ legId: row.legId, envelopeId: row.envelopeId, ...attachmentView(row) }),
        ),
      );
    });
    // Its leg may have waited for it.
    if (step.state !== 'WAITING') announceCommit(this.dataSource, OUTGOING_CHANNEL);
  }
}

/** All that was fetched is worthless. */
class StartAgain extends SeraiError {}
/** What the sender signed does not fit what it sent: no other try helps. */
class Refused extends SeraiError {}

function startAgain(error: unknown): never {
  if (!isSeraiError(error, 'ERR_ATTACHMENT_MISMATCH')) throw error;
  throw new StartAgain(error.code, error.message, { cause: error });
}

function refuse(error: unknown): never {
  if (!isSeraiError(error, 'ERR_ATTACHMENT_MISMATCH', 'ERR_ATTACHMENT_CORRUPT', 'ERR_ATTACHMENT_TYPE')) throw error;
  throw new Refused(error.code, error.message, { cause: error });
}

function mismatch(message: string): SeraiError {
  return new StartAgain('ERR_ATTACHMENT_MISMATCH', message);
}

async function collect(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}
