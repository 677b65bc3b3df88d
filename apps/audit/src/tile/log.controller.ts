import { Controller, Get, Param, Res } from '@nestjs/common';
import { SeraiError } from '#libs/errors';
import type { HttpReply } from '#libs/telemetry';
import { parseTilePath } from '#libs/transparency-log';
import { LogFolder } from './log-folder.js';

/** A tile never changes: whoever has it need not ask again. */
const FOR_EVER = 'public, max-age=31536000, immutable';
const NOT_HERE = 'Here is a log of c2sp.org/tlog-tiles: its checkpoint, tiles and entry bundles, and nothing else.';

/** Serves the log to anybody: leaves are blinded, so tiles tell nothing but that the log is what it was. */
@Controller('log')
export class LogController {
  constructor(private readonly folder: LogFolder) {}

  @Get('checkpoint')
  async checkpoint(@Res() reply: HttpReply): Promise<void> {
    const note = await this.folder.readCheckpoint();
    if (note === undefined) throw notFound('No checkpoint has been published yet.');
    await reply.header('content-type', 'text/plain; charset=utf-8').header('cache-control', 'no-cache').send(note);
  }

  @Get('tile/*')
  async tile(@Param('*') path: string, @Res() reply: HttpReply): Promise<void> {
    const bytes = await this.folder.readTile(tileAt(`tile/${path}`));
    if (bytes === undefined) throw notFound('The log has no such tile, or not yet.');
    await reply.header('content-type', 'application/octet-stream').header('cache-control', FOR_EVER).send(bytes);
  }
}

function tileAt(path: string) {
  try {
    return parseTilePath(path);
  } catch (cause) {
    throw notFound(NOT_HERE, cause);
  }
}

function notFound(message: string, cause?: unknown): SeraiError {
  return new SeraiError('ERR_LOG_RANGE', message, { cause });
}
