import { TLOG_SIZE_TYPE } from '#libs/transparency-log';

/** What a witness answered to `add-checkpoint`; nothing of it is verified. */
export type WitnessAnswer =
  | { readonly outcome: 'cosigned'; readonly lines: Buffer }
  /** It says that it has seen this size, and compares with nothing else. */
  | { readonly outcome: 'conflict'; readonly size: number }
  /** It says that it has seen another root at this size. */
  | { readonly outcome: 'fork' }
  | { readonly outcome: 'refused'; readonly status: number }
  /** No answer in time, or one that no witness gives. */
  | { readonly outcome: 'failed'; readonly reason: string };

/** Longest answer that is read, in bytes: room for some signatures. */
const MAX_ANSWER_BYTES = 16_384;
const DECIMAL = /^(0|[1-9][0-9]{0,15})\n$/;

/**
 * Hands a checkpoint to a witness. Whatever the other side does, this resolves, and at the latest after the timeout or when `stopping` aborts.
 *
 * @param url submission prefix
 * @param body of an `add-checkpoint` request
 * @see https://c2sp.org/tlog-witness#add-checkpoint
 */
export async function callWitness(
  url: string,
  body: Uint8Array,
  timeoutMs: number,
  stopping: AbortSignal,
): Promise<WitnessAnswer> {
  try {
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(timeoutMs)]);
    const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body, signal, redirect: 'error' });
    const lines = await readBounded(response);
    if (lines === undefined) return { outcome: 'failed', reason: 'too long an answer' };
    return answerOf(response, lines);
  } catch (error) {
    return { outcome: 'failed', reason: reasonOf(error) };
  }
}

function answerOf({ status, headers }: Response, bytes: Buffer): WitnessAnswer {
  if (status === 200) return { outcome: 'cosigned', lines: bytes };
  if (status !== 409) return { outcome: 'refused', status };
  if (headers.get('content-type') !== TLOG_SIZE_TYPE) return { outcome: 'fork' };
  const [, decimal] = DECIMAL.exec(bytes.toString('latin1')) ?? [];
  const size = Number(decimal);
  return Number.isSafeInteger(size) ? { outcome: 'conflict', size } : { outcome: 'failed', reason: 'no size' };
}

async function readBounded({ body }: Response): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A word of the system, never what the other side sent. */
function reasonOf(error: unknown): string {
  const { cause, name } = error as { cause?: { code?: string }; name: string };
  return cause?.code ?? name;
}
