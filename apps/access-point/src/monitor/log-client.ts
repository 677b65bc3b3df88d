import { Injectable } from '@nestjs/common';
import { SeraiError } from '#libs/errors';
import { type Tile, tilePath } from '#libs/transparency-log';
import { HubClient } from '../hub/hub-client.js';

const CHECKPOINT = '/log/checkpoint';
/** With the cosignatures of some hundred witnesses. */
const MAX_CHECKPOINT_BYTES = 65_536;
const MAX_TILE_BYTES = 8_192;
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

  /** As `TileFetch` of the tile reader asks. */
  async tile(tile: Tile, signal: AbortSignal): Promise<Buffer | undefined> {
    return this.read(`/log/${tilePath(tile)}`, MAX_TILE_BYTES, signal);
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
