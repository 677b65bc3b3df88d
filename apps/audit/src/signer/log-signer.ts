import { isSeraiError, SeraiError } from '#libs/errors';
import { serialiseNote, verifyConsistency } from '#libs/transparency-log';
import type { HeadSigner, SignedHead } from './signed-head.js';
import type { StateFile } from './state-file.js';

/** A head that is to be signed, and why it continues the one before. */
export interface SigningRequest {
  readonly origin: string;
  /** Size that the proof starts from: that of the head that was signed last. */
  readonly oldSize: number;
  /** Consistency proof of RFC 6962, empty when `oldSize` is 0; 32 bytes each. */
  readonly proof: readonly Buffer[];
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
}

/** `conflict` alone is harmless: the caller did not know what was signed last. The others say that somebody shows another history. */
export const SIGNING_REFUSALS = ['malformed', 'unknown-origin', 'conflict', 'rollback', 'fork', 'proof'] as const;
export type SigningRefusal = (typeof SIGNING_REFUSALS)[number];

export type SigningAnswer =
  | { readonly note: Buffer }
  /** @param size that was signed last */
  | { readonly refusal: SigningRefusal; readonly size: number };

/**
 * Signs heads of the log that continue the one that it signed last, and no others, one at a time. A signature leaves it only when what it says is durable: no
 * crash makes it forget what it has said.
 */
export class LogSigner {
  private newest: SignedHead | undefined;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly signer: HeadSigner,
    private readonly file: StateFile,
  ) {}

  /**
   * The head that was signed last; that of the empty log before the first.
   *
   * @throws SeraiError ERR_LOG_ROLLBACK when the file holds anything else than such a checkpoint
   */
  last(): Promise<SignedHead> {
    return this.inTurn(() => this.load());
  }

  /** @throws what the file system throws; then nothing was signed, and the next call begins with what is in the file */
  sign(request: SigningRequest): Promise<SigningAnswer> {
    return this.inTurn(async () => {
      const last = await this.load();
      const refusal = refusalOf(request, last.head);
      if (refusal !== undefined) return { refusal, size: last.head.size };
      if (request.size === last.head.size) return { note: serialiseNote(last.note) };
      await this.assertAlone(last);
      const next = await this.signer.sign(request.size, request.root);
      await this.store(next);
      return { note: serialiseNote(next.note) };
    });
  }

  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }

  /** What was read is written again: an error before may have left it in the file without being durable. */
  private async load(): Promise<SignedHead> {
    if (this.newest !== undefined) return this.newest;
    const bytes = await this.file.read();
    const last = bytes === undefined ? await this.signer.signEmpty() : await this.readState(bytes);
    await this.store(last);
    return last;
  }

  /** Two that sign from one folder would not know of each other's heads. */
  private async assertAlone(last: SignedHead): Promise<void> {
    if ((await this.file.read())?.equals(serialiseNote(last.note))) return;
    throw new SeraiError(
      'ERR_LOG_ROLLBACK',
      `Somebody else has written ${this.file.path}. Let one signer run, and put the newest checkpoint of the log there.`,
    );
  }

  private async store(head: SignedHead): Promise<void> {
    this.newest = undefined;
    await this.file.write(serialiseNote(head.note));
    this.newest = head;
  }

  private async readState(bytes: Buffer): Promise<SignedHead> {
    try {
      return await this.signer.read(bytes);
    } catch (cause) {
      if (!isSeraiError(cause)) throw cause;
      throw new SeraiError(
        'ERR_LOG_ROLLBACK',
        `${this.file.path} is no checkpoint that a key of ${this.signer.origin} signed, of those that this keystore holds. Put the newest one of the log there, as its folder or any access point has it.`,
        { cause },
      );
    }
  }
}

function refusalOf(
  { origin, oldSize, proof, size, root }: SigningRequest,
  last: SignedHead['head'],
): SigningRefusal | undefined {
  if (origin !== last.origin) return 'unknown-origin';
  if (size < last.size) return 'rollback';
  if (size === last.size) return root.equals(last.root) ? undefined : 'fork';
  if (oldSize !== last.size) return 'conflict';
  if (oldSize === 0) return proof.length === 0 ? undefined : 'proof';
  try {
    verifyConsistency({ oldSize, oldRoot: last.root, newSize: size, newRoot: root, proof });
    return undefined;
  } catch (error) {
    if (isSeraiError(error)) return 'proof';
    throw error;
  }
}
