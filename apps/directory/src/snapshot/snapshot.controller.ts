import { Controller, Get, Headers, Query, Res, UseGuards } from '@nestjs/common';
import { DIRECTORY_API } from '#libs/contracts';
import { CallerGuard } from '#libs/hub';
import { type HttpReply, parseInput } from '#libs/telemetry';
import { SnapshotService } from './snapshot.service.js';

const NOT_MODIFIED = 304;

/** The directory, for every participant. */
@Controller('v1/directory')
@UseGuards(CallerGuard)
export class SnapshotController {
  constructor(private readonly snapshots: SnapshotService) {}

  @Get()
  async read(
    @Query() query: unknown,
    @Headers('if-none-match') known: string | undefined,
    @Res() reply: HttpReply,
  ): Promise<void> {
    const { since } = parseInput(DIRECTORY_API.readDirectory.query, query);
    const stated = await this.snapshots.newest();
    // Weak: instances sign statements of their own about the same version.
    const tag = `W/"${stated.directory.head}"`;
    reply.header('etag', tag).header('cache-control', 'private, no-cache');
    if (names(known, tag)) await reply.status(NOT_MODIFIED).send();
    else await reply.send(since === undefined ? this.snapshots.whole(stated) : this.snapshots.since(since, stated));
  }
}

/** Weak comparison of RFC 9110 section 13.1.2. */
function names(header: string | undefined, tag: string): boolean {
  const opaque = (text: string): string => text.trim().replace(/^W\//, '');
  return header !== undefined && (header.trim() === '*' || header.split(',').map(opaque).includes(opaque(tag)));
}
