import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import {
  AUDIT_API,
  type BasisPage,
  basisPage,
  issuedStatistics,
  MAX_COUNTING_MS,
  problem,
  type StatisticsWithDirectory,
} from '#libs/contracts';
import { type ErrorCode, SeraiError } from '#libs/errors';
import { AccessLog } from '../access-log/access-log.service.js';
import { AccessRecorder } from '../access-record/access-recorder.js';
import { CommunityDirectory } from '../directory/community-directory.js';
import { HubClient } from '../hub/hub-client.js';
import type { Call } from '../officer/call.js';

/** What the hub says and an officer can do something about; whatever else it says, it is not there. */
const PASSED_ON: readonly ErrorCode[] = [
  'ERR_CALLER_NOT_ENTITLED',
  'ERR_STATISTICS_PERIOD',
  'ERR_EVIDENCE_PENDING',
  'ERR_LOG_RANGE',
  'ERR_BROKER_UNAVAILABLE',
];

/** Asks the hub for statistics in the name of the Secretariat. What comes is signed, or proven by what is: whoever gets it checks it with `verify`. */
@Injectable()
export class Statistics {
  constructor(
    private readonly hub: HubClient,
    private readonly community: CommunityDirectory,
    private readonly accessLog: AccessLog,
    private readonly recorder: AccessRecorder,
  ) {}

  async issue(call: Call<'issueStatistics'>): Promise<StatisticsWithDirectory> {
    const { reason, from, to } = call.body;
    const criteria = { from, until: to };
    await this.recorder.recorded(await this.accessLog.audited(call, { action: 'EXPORTED', reason, criteria }));
    const { statement } = await this.ask(issuedStatistics, AUDIT_API.issueStatistics.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ from, to }),
      signal: AbortSignal.timeout(MAX_COUNTING_MS),
    });
    // Asked for last: it must be younger than the statement.
    const { changes, statement: stated } = await this.community.published();
    return { statement, directory: { changes, statement: stated } };
  }

  async basis(call: Call<'getStatisticsBasis'>): Promise<BasisPage> {
    const { reason, begin } = call.query;
    await this.recorder.recorded(await this.accessLog.audited(call, { action: 'EXPORTED', reason, criteria: {} }));
    return this.ask(basisPage, `${AUDIT_API.readStatisticsBasis.path}?begin=${begin}`);
  }

  private async ask<T extends z.ZodType>(answers: T, path: string, init?: RequestInit): Promise<z.output<T>> {
    const answer = await this.hub.call('audit', path, init);
    const body: unknown = await answer.json().catch(() => undefined);
    const parsed = answers.safeParse(body);
    if (answer.ok && parsed.success) return parsed.data;
    throw refusalOf(body, answer.status);
  }
}

function refusalOf(body: unknown, status: number): SeraiError {
  const said = problem.safeParse(body).data;
  if (said !== undefined && PASSED_ON.includes(said.code)) return new SeraiError(said.code, said.detail);
  return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The hub does not count now. Try again later.', {
    detail: { status, code: said?.code },
  });
}
