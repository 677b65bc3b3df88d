import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { DataSource, type QueryRunner } from 'typeorm';
import { MAX_BATCH_BYTES, MAX_ENVELOPES_PER_BATCH } from '#libs/contracts';
import { isSeraiError, SeraiError } from '#libs/errors';
import { CommitListener, linger } from '#libs/messaging';
import { inTransaction } from '#libs/persistence';
import { LOGGER, type Logger, Metrics } from '#libs/telemetry';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Backoff } from '../hub/backoff.js';
import { WakeSignal } from '../hub/wake-signal.js';
import { Identity } from '../identity.js';
import { appendLiveEvents } from '../live/live.repository.js';
import { envelopeChanged } from '../live/live-event.js';
import { type GatewayAnswer, verifyAnswer } from './gateway-answer.js';
import { GatewayClient } from './gateway-client.js';
import {
  becomeSender,
  findUnanswered,
  keepReceipts,
  keepRefusals,
  OUTGOING_CHANNEL,
  outgoingBacklog,
  resignAsSender,
  type UnansweredEnvelope,
} from './outgoing.repository.js';

const POLL_MS = 1_000;
/** Of a batch's bytes, what JSON puts around the envelopes. */
const FRAME_BYTES = 64;

type Answered<Outcome> = Extract<GatewayAnswer, { outcome: Outcome }> & { readonly envelopeId: string };

/**
 * Sends what is queued, in the order of signing, until the gateway has answered each envelope with a receipt or refusal that verifies. Keeps
 * everything over outages and restarts. Instances of one access point stand by for each other by a session lock.
 */
@Injectable()
export class OutgoingLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly work = new WakeSignal();
  private readonly backoff = new Backoff();
  private readonly listener: CommitListener;
  private readonly answers: Counter;
  private running: Promise<void> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly gateway: GatewayClient,
    private readonly community: CommunityDirectory,
    private readonly identity: Identity,
    metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.listener = new CommitListener({ dataSource, channel: OUTGOING_CHANNEL, wake: this.work.wake, logger });
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
        await session.release().catch(() => undefined);
      }
    }
  }

  /** Sends until stopped; leaves by an error when database or gateway are away. */
  private async sendWhileLeading(session: QueryRunner): Promise<void> {
    const bounds = { limit: MAX_ENVELOPES_PER_BATCH, maxBytes: MAX_BATCH_BYTES - FRAME_BYTES };
    while (!this.stopping.signal.aborted) {
      const unanswered = await findUnanswered(session, bounds);
      if (unanswered.length === 0) await this.work.wait(POLL_MS);
      else await this.send(unanswered);
      await linger(unanswered.length);
      this.backoff.reset();
    }
    await resignAsSender(session);
  }

  private async send(envelopes: readonly UnansweredEnvelope[]): Promise<void> {
    const answers = await this.gateway.submit(envelopes.map(({ jws }) => jws));
    const { participant, realm } = this.identity;
    const policy = { participant, realm, keys: this.community.current.keyResolver(), at: new Date() };
    const results = await Promise.allSettled(
      envelopes.map(async (sent, index) => ({
        ...(await verifyAnswer(answers[index]!, sent, policy)),
        envelopeId: sent.envelope_id,
      })),
    );
    const verified = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    await this.keep(verified);
    for (const result of results) this.count(result);
    const failed = results.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    if (verified.some(({ outcome }) => outcome === 'later')) {
      throw new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The gateway could not take every envelope. They wait here.');
    }
  }

  private async keep(answers: readonly (GatewayAnswer & { envelopeId: string })[]): Promise<void> {
    const received = answers.filter((answer): answer is Answered<'received'> => answer.outcome === 'received');
    const refused = answers.filter((answer): answer is Answered<'refused'> => answer.outcome === 'refused');
    if (received.length + refused.length === 0) return;
    await inTransaction(this.dataSource, async (tx) => {
      const changes = [...(await keepReceipts(tx, received)), ...(await keepRefusals(tx, refused))];
      await appendLiveEvents(tx, changes.map(envelopeChanged));
    });
  }

  private count(result: PromiseSettledResult<GatewayAnswer>): void {
    if (result.status === 'fulfilled') return void this.answers.inc({ outcome: result.value.outcome });
    this.answers.inc({ outcome: 'forged' });
    const code = isSeraiError(result.reason) ? result.reason.code : undefined;
    this.logger.error({ err: result.reason, code }, 'an answer of the gateway does not verify');
  }
}
