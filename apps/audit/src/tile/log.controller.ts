import { Controller, Get, Param, Res } from '@nestjs/common';
import { SeraiError } from '#libs/errors';
import type { HttpReply } from '#libs/telemetry';
import { parseTilePath } from '#libs/transparency-log';
import { HeldLogs } from '../epoch/held-logs.js';
import type { LogFolder } from './log-folder.js';

/** A tile never changes: whoever has it need not ask again. */
const FOR_EVER = 'public, max-age=31536000, immutable';
const NOT_HERE = 'Here are logs of c2sp.org/tlog-tiles: their checkpoints, tiles and entry bundles, and nothing else.';

/** Serves the logs to anybody: leaves are blinded, so tiles tell nothing but that the log is what it was. */
@Controller()
export class LogController {
  constructor(private readonly logs: HeldLogs) {}

  /** The log that grows. */
  @Get('log/*')
  async current(@Param('*') path: string, @Res() reply: HttpReply): Promise<void> {
    await send(this.logs.current.folder, path, reply);
  }

  /** Any of them, below its name. */
  @Get('logs/*')
  async named(@Param('*') path: string, @Res() reply: HttpReply): Promise<void> {
    const log = this.logs.all.find(({ origin }) => path.startsWith(`${origin}/`));
    if (log === undefined) throw notFound('This hub has no such log.');
    await send(log.folder, path.slice(log.origin.length + 1), reply);
  }
}

async function send(folder: LogFolder, path: string, reply: HttpReply): Promise<void> {
  if (path === 'checkpoint') {
    const note = await folder.readCheckpoint();
    if (note === undefined) throw notFound('No checkpoint has been published yet.');
    await reply.header('content-type', 'text/plain; charset=utf-8').header('cache-control', 'no-cache').send(note);
    return;
  }
  const bytes = await folder.readTile(tileAt(path));
  if (bytes === undefined) throw notFound('The log has no such tile, or not yet.');
  await reply.header('content-type', 'application/octet-stream').header('cache-control', FOR_EVER).send(bytes);
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
