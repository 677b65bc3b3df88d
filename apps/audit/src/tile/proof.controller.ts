import { Controller, Get, Header, Param, Query } from '@nestjs/common';
import { AUDIT_API } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { parseInput } from '#libs/telemetry';
import { parseCheckpoint, parseNote, proveInclusion, serialiseTlogProof, tileHashReader } from '#libs/transparency-log';
import { HeldLogs } from '../epoch/held-logs.js';

/** Makes proofs from the tiles, for those who do not want to read tiles. It can do nothing that they could not do themselves. */
@Controller('v1/proofs')
export class ProofController {
  constructor(private readonly logs: HeldLogs) {}

  @Get(':index')
  @Header('content-type', 'text/plain; charset=utf-8')
  async prove(@Param() params: unknown, @Query() query: unknown): Promise<Buffer> {
    const { index } = parseInput(AUDIT_API.readProof.params, params);
    const { origin } = parseInput(AUDIT_API.readProof.query, query);
    const log = origin === undefined ? this.logs.current : this.logs.of(origin);
    if (log === undefined) throw new SeraiError('ERR_LOG_RANGE', 'This hub has no such log.');
    const { folder } = log;
    const note = await folder.readCheckpoint();
    const checkpoint = note && parseNote(note);
    const size = checkpoint === undefined ? 0 : parseCheckpoint(checkpoint.text).size;
    if (checkpoint === undefined || index >= size)
      throw new SeraiError('ERR_LOG_RANGE', `The published checkpoint has ${size} leaves. Ask again when it has more.`);
    const proof = await proveInclusion(
      index,
      size,
      tileHashReader(size, (tile) => folder.readTile(tile)),
    );
    return serialiseTlogProof({ index, proof, checkpoint });
  }
}
