import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { DataSource, type QueryRunner } from 'typeorm';
import { MAX_BATCH_BYTES, MAX_ENVELOPES_PER_BATCH } from '#libs/contracts';
import { isSeraiError, SeraiError } from '#libs/errors';
import { CommitListener, type FreshRows, linger } from '#libs/messaging';
import { LOGGER, type Logger, Metrics } from '#libs/telemetry';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Backoff } from '../hub/backoff.js';
import { PacedSignal } from '../hub/paced-signal.js';
import { Identity } from '../identity.js';
import { AwaitedAnswers } from './awaited-answers.js';
import { freshEnvelopesOf, type UnansweredEnvelope } from './fresh-envelopes.js';
import { type GatewayAnswer, verifyAnswer } from './gateway-answer.js';
import { GatewayClient } from './gateway-client.js';
import {
  becomeSender,
  exchangeAnswers,
  type KeptAnswer,
  OUTGOING_CHANNEL,
  outgoingBacklog,
  resignAsSender,
  UNHURRIED,
} from './outgoing.repository.js';

const POLL_MS = 1_000;
/** What nobody waits for goes with what somebody waits for, else so often at most. */
const COMPANY_MS = 100;
/** Answers are kept with the next look for envelopes, at the latest after this time; an envelope whose answer is lost is sent again and answered alike. */
const KEEP_WITHIN_MS = 150;
/** Of a batch's bytes, what JSON puts around the envelopes. */
const FRAME_BYTES = 64;
/** Of one request to the gateway. */
const BOUNDS = { limit: MAX_ENVELOPES_PER_BATCH, maxBytes: MAX_BATCH_BYTES - FRAME_BYTES };
/** Bounds that no envelope is in. */
const NOTHING = { limit: 0, maxBytes: 0 };

/**
 * Sends what is queued, in the order of signing, until the gateway has answered each envelope with a receipt or refusal that verifies. Keeps
 * everything over outages and restarts. Instances of one access point stand by for each other by a session lock.
 */
@Injectable()
export class OutgoingLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly work = new PacedSignal(COMPANY_MS);
  private readonly backoff = new Backoff();
  private readonly listener: CommitListener;
  private readonly fresh: FreshRows<UnansweredEnvelope>;
  private readonly answers: Counter;
  private running: Promise<void> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly gateway: GatewayClient,
    private readonly community: CommunityDirectory,
    private readonly identity: Identity,
    private readonly awaited: AwaitedAnswers,
    metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.fresh = freshEnvelopesOf(dataSource);
    const wake = (payload: string): void => this.wake(payload);
    this.listener = new CommitListener({ dataSource, channel: OUTGOING_CHANNEL, wake, logger });
    this.answers = metrics.counter({
      name: 'serai_access_point_gateway_answers_total',
      help: 'Answers of the gateway to envelopes, by what they were; "forged" did not verify.',
      labelNames: ['outcome'],
    });
    metrics.gauge(
      { name: 'serai_access_point_oldest_unanswered_seconds', help: 'Age of the oldest envelope without a receipt.' },
      async (gauge) => {
        const backlog = await outgoingBacklog(dataSource.manager).catch(() => undefined);
        if (backlog) gauge.set(backlog.oldestSeconds);
      },
    );
  }

  onApplicationBootstrap(): void {
    this.listener.start();
    this.running = this.run();
  }

  /** Finishes the batch in hand. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    this.work.wake();
    await Promise.all([this.running, this.listener.stop()]);
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    await this.community.whenLoaded(signal);
    while (!signal.aborted) {
      const session = this.dataSource.createQueryRunner();
      try {
        if (await becomeSender(session)) await this.sendWhileLeading(session);
        else await this.work.wait(POLL_MS);
      } catch (error) {
        this.logger.warn({ err: error, failures: this.backoff.count + 1 }, 'sending failed, it will be tried again');
        await resignAsSender(session).catch(() => undefined);
        await this.backoff.afterFailure(signal, isSeraiError(error) ? error.retryAfterSeconds : undefined);
      } finally {
        this.fresh.leave();
        await session.release().catch(() => undefined);
      }
    }
  }

  /** Sends until stopped; leaves by an error when database or gateway are away. */
  private async sendWhileLeading(session: QueryRunner): Promise<void> {
    const answers: KeptAnswer[] = [];
    let lookedAt = Number.NEGATIVE_INFINITY;
    this.fresh.follow();
    while (!this.stopping.signal.aborted) {
      const isKeepingDue = performance.now() - lookedAt >= KEEP_WITHIN_MS;
      let unanswered = this.fresh.take();
      if (unanswered === undefined || isKeepingDue || !isWithin(BOUNDS, unanswered)) {
        unanswered = await exchangeAnswers(session, answers.splice(0), BOUNDS);
        lookedAt = performance.now();
      }
      if (unanswered.length > 0) await this.send(session, unanswered, answers);
      this.fresh.had(unanswered);
      const sentAt = performance.now();
      if (unanswered.length < BOUNDS.limit) await this.work.wait(answers.length === 0 ? POLL_MS : KEEP_WITHIN_MS);
      await linger(unanswered.length, sentAt);
      this.backoff.reset();
    }
    await exchangeAnswers(session, answers, NOTHING);
    await resignAsSender(session);
  }

  /** Adds what is answered to the answers that are to be kept. When one is missing all of them are kept at once, and the failure is the caller's. */
  private async send(
    session: QueryRunner,
    envelopes: readonly UnansweredEnvelope[],
    kept: KeptAnswer[],
  ): Promise<void> {
    const answers = await this.gateway.submit(envelopes.map(({ jws }) => jws));
    const { participant, realm } = this.identity;
    const policy = { participant, realm, keys: this.community.current.keyResolver(), at: new Date() };
    const results = await Promise.allSettled(
      envelopes.map(async (sent, index) => ({
        answer: await verifyAnswer(answers[index]!, sent, policy),
        envelopeId: sent.envelope_id,
      })),
    );
    for (const result of results) this.count(result);
    const verified = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    this.awaited.tell(verified);
    const fresh = verified.flatMap(({ answer, envelopeId }) => toKept(answer, envelopeId));
    kept.push(...fresh);
    if (fresh.length === envelopes.length) return;
    await exchangeAnswers(session, kept, NOTHING);
    const failed = results.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    throw new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The gateway could not take every envelope. They wait here.');
  }

  private wake(payload: string): void {
    const [origin, pace] = payload.split(' ');
    this.fresh.announced(origin);
    if (pace === UNHURRIED) this.work.wakeUnhurried();
    else this.work.wake();
  }

  private count(result: PromiseSettledResult<{ answer: GatewayAnswer }>): void {
    if (result.status === 'fulfilled') return void this.answers.inc({ outcome: result.value.answer.outcome });
    this.answers.inc({ outcome: 'forged' });
    const code = isSeraiError(result.reason) ? result.reason.code : undefined;
    this.logger.error({ err: result.reason, code }, 'an answer of the gateway does not verify');
  }
}

/** As the look for envelopes has it: each comes with the quotes and the comma that JSON puts around it. */
function isWithin({ limit, maxBytes }: typeof BOUNDS, envelopes: readonly UnansweredEnvelope[]): boolean {
  const bytes = envelopes.reduce((sum, { jws }) => sum + jws.length + 3, 0);
  return envelopes.length <= limit && bytes <= maxBytes;
}

/** What of an answer is kept: all but that the gateway could not take the envelope just now. */
function toKept(answer: GatewayAnswer, envelopeId: string): KeptAnswer[] {
  switch (answer.outcome) {
    case 'received':
      return [{ envelopeId, jws: answer.jws, at: answer.receivedAt }];
    case 'refused':
      return [{ envelopeId, jws: answer.jws, at: answer.refusedAt, problem: answer.problem }];
    case 'later':
      return [];
  }
}
