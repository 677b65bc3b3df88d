import { Injectable } from '@nestjs/common';
import { AUDIT_API, type EpochsAnswer, epochsAnswer, MAX_OPENINGS, openingsAnswer } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { type TileFetch, tilePath } from '#libs/transparency-log';
import { HubClient } from '../hub/hub-client.js';
import type { HeldEnvelope } from '../receipt/held-envelope.js';
import type { FoundLeaf } from '../receipt/log-proof.js';

const CHECKPOINT = '/log/checkpoint';
/** With the cosignatures of some hundred witnesses. */
const MAX_CHECKPOINT_BYTES = 65_536;
const MAX_TILE_BYTES = 8_192;
/** Openings hold a checkpoint each. */
const MAX_EPOCHS_BYTES = 16_777_216;
const NOT_FOUND = 404;

/** Reads the published log, which is the same for everybody: what comes is verified by whoever asks. */
@Injectable()
export class LogClient {
  constructor(private readonly hub: HubClient) {}

  /**
   * The newest checkpoint as it is published; undefined while there is none, or the hub names no log.
   *
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE
   */
  async checkpoint(signal: AbortSignal): Promise<Buffer | undefined> {
    return this.read(CHECKPOINT, MAX_CHECKPOINT_BYTES, signal);
  }

  /** Tiles of a log, for one piece of work, which gets each once: neighbours share most of theirs. */
  tiles(origin: string, signal: AbortSignal): TileFetch {
    const fetched = new Map<string, ReturnType<TileFetch>>();
    const prefix = `/logs/${origin.split('/').map(encodeURIComponent).join('/')}`;
    return (tile) => {
      const path = tilePath(tile);
      const known = fetched.get(path) ?? this.read(`${prefix}/${path}`, MAX_TILE_BYTES, signal);
      fetched.set(path, known);
      return known;
    };
  }

  /**
   * How the hub says that its logs follow each other, the newest first.
   *
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE
   */
  async epochs(signal: AbortSignal): Promise<EpochsAnswer['logs']> {
    const bytes = await this.read(AUDIT_API.listEpochs.path, MAX_EPOCHS_BYTES, signal);
    const parsed = epochsAnswer.safeParse(parsedJson(bytes));
    if (parsed.success) return parsed.data.logs;
    throw away({});
  }

  /**
   * The leaves of envelopes that this participant holds, by their ids; none for one that is not in the log.
   *
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE
   */
  async openings(envelopes: readonly HeldEnvelope[], signal: AbortSignal): Promise<Map<string, readonly FoundLeaf[]>> {
    const opened = new Map<string, readonly FoundLeaf[]>();
    for (let begin = 0; begin < envelopes.length; begin += MAX_OPENINGS) {
      const asked = envelopes.slice(begin, begin + MAX_OPENINGS).map(({ id, sha256 }) => ({ id, sha256 }));
      for (const { id, leaves } of await this.open(asked, signal)) opened.set(id, leaves);
    }
    return opened;
  }

  private async open(envelopes: readonly HeldEnvelope[], signal: AbortSignal) {
    const answer = await this.hub.call('audit', AUDIT_API.openLeaves.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ envelopes }),
      signal,
    });
    const parsed = openingsAnswer.safeParse(await answer.json().catch(() => undefined));
    if (answer.ok && parsed.success) return parsed.data.openings;
    throw away({ status: answer.status });
  }

  private async read(path: string, maxBytes: number, signal: AbortSignal): Promise<Buffer | undefined> {
    const answer = await this.hub.readLog(path, signal);
    if (answer === undefined) return undefined;
    if (answer.ok) return readBounded(answer, maxBytes);
    await answer.body?.cancel();
    if (answer.status === NOT_FOUND) return undefined;
    throw away({ status: answer.status });
  }
}

function parsedJson(bytes: Buffer | undefined): unknown {
  try {
    return JSON.parse(bytes?.toString() ?? '');
  } catch {
    return undefined;
  }
}

async function readBounded({ body }: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body ?? []) {
      length += chunk.length;
      if (length > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw away({}, cause);
  }
  if (length > maxBytes) throw away({ bytes: length });
  return Buffer.concat(chunks);
}

function away(detail: Record<string, unknown>, cause?: unknown): SeraiError {
  return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The log cannot be read. Try again later.', { cause, detail });
}
