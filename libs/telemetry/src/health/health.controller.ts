import { Controller, Get, Res } from '@nestjs/common';
import type { HttpReply } from '../http/http-types.js';
import { Readiness, type ReadinessReport } from './readiness.js';

@Controller()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** The process lives and its event loop turns. */
  @Get('healthz')
  live(): { status: 'alive' } {
    return { status: 'alive' };
  }

  /** Everything that the app needs can be used; 503 with the failing checks otherwise. */
  @Get('readyz')
  async ready(@Res({ passthrough: true }) reply: HttpReply): Promise<ReadinessReport> {
    const report = await this.readiness.report();
    reply.status(report.ready ? 200 : 503);
    return report;
  }
}
