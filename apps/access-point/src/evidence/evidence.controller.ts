import { Controller, Res } from '@nestjs/common';
import type { HttpReply } from '#libs/telemetry';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import { LegEvidence } from './leg-evidence.js';

@Controller()
export class EvidenceController {
  constructor(private readonly evidence: LegEvidence) {}

  @Operation('exportEvidence')
  async export(@CallOf() call: Call<'exportEvidence'>, @Res() reply: HttpReply): Promise<void> {
    const pack = await this.evidence.pack(call);
    await reply
      .status(200)
      .type('application/zip')
      .headers({
        'content-disposition': `attachment; filename="evidence-${call.params.legId}.zip"`,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      })
      .send(pack);
  }
}
