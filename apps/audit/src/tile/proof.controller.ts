import { Controller, Get, Header, Param } from '@nestjs/common';
import { AUDIT_API } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { parseInput } from '#libs/telemetry';
import { parseCheckpoint, parseNote, proveInclusion, serialiseTlogProof, tileHashReader } from '#libs/transparency-log';
import { LogFolder } from './log-folder.js';

/** Makes proofs from the tiles, for those who do not want to read tiles. It can do nothing that they could not do themselves. */
@Controller('v1/proofs')
export class ProofController {
  constructor(private readonly folder: LogFolder) {}

  @Get(':index')
  @Header('content-type', 'text/plain; charset=utf-8')
  async prove(@Param() params: unknown): Promise<Buffer> {
    const { index } = parseInput(AUDIT_API.readProof.params, params);
    const note = await this.folder.readCheckpoint();
    const checkpoint = note && parseNote(note);
    const size = checkpoint === undefined ? 0 : parseCheckpoint(checkpoint.text).size;
    if (checkpoint === undefined || index >= size)
      throw new SeraiError('ERR_LOG_RANGE', `The published checkpoint has ${size} leaves. Ask again when it has more.`);
    const proof = await proveInclusion(
      index,
      size,
      tileHashReader(size, (tile) => this.folder.readTile(tile)),
    );
    return serialiseTlogProof({ index, proof, checkpoint });
  }
}
