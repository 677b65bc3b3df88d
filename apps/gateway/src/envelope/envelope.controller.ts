import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { ENVELOPE_MEDIA_TYPE, envelopeBatch } from '#libs/contracts';
import type { Caller } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { CallerAuthenticator } from '#libs/hub';
import {
  type HttpReply,
  type HttpRequest,
  LOGGER,
  type Logger,
  logFailure,
  Metrics,
  parseInput,
} from '#libs/telemetry';
import { TrafficControl } from '#libs/traffic';
import { EnvelopeService } from './envelope.service.js';
import { codeOf, GatewayAnswers, type SignedAnswer } from './gateway-answers.js';
import { holds, type Submission, sha256Of } from './submission.js';

/** What a post brought: one envelope, or a batch that is to be answered as one. */
interface Handed {
  readonly envelopes: readonly (Uint8Array | string)[];
  readonly isBatch: boolean;
}

const MULTI_STATUS = 207;

@Controller('v1/envelopes')
export class EnvelopeController {
  private readonly counter;

  constructor(
    private readonly callers: CallerAuthenticator,
    private readonly envelopes: EnvelopeService,
    private readonly answers: GatewayAnswers,
    private readonly traffic: TrafficControl,
    @Inject(LOGGER) private readonly logger: Logger,
    metrics: Metrics,
  ) {
    this.counter = metrics.counter({
      name: 'serai_gateway_envelopes_total',
      help: 'Envelopes by answer: "accepted", or the code of the refusal.',
      labelNames: ['answer'],
    });
  }

  @Post()
  async submit(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    const body = bytesOf(request);
    const receivedAt = new Date();
    let caller: Caller | undefined;
    try {
      caller = await this.callers.identify(request.headers.authorization);
      this.traffic.admit(caller.participant);
      const handed = readHanded(body, request);
      this.traffic.count(caller.participant, handed.envelopes.length - 1);
      const submissions = await this.envelopes.submit(handed.envelopes, caller, receivedAt);
      const { participant } = caller;
      const answers = await Promise.all(submissions.map((each) => this.answer(each, participant, receivedAt)));
      await (handed.isBatch ? sendAll(reply, answers) : sendOne(reply, answers[0]!));
    } catch (error) {
      const refusal = { sha256: sha256Of(body), error };
      await sendOne(reply, await this.answer(refusal, caller?.participant, receivedAt));
    }
  }

  private answer(submission: Submission, caller: string | undefined, receivedAt: Date): Promise<SignedAnswer> {
    if (holds(submission)) {
      this.counter.inc({ answer: 'accepted' });
      return this.answers.receipt(submission.envelope, receivedAt);
    }
    const { error, sha256 } = submission;
    this.counter.inc({ answer: codeOf(error) });
    logFailure(this.logger, error, 'envelope refused', { sha256 });
    return this.answers.refusal(error, sha256, caller);
  }
}

/** The body as it came: {@link takeBodiesAsBytes} leaves both media types unparsed until the caller is known. */
function bytesOf(request: HttpRequest): Uint8Array {
  const { body } = request;
  if (body instanceof Uint8Array) return body;
  throw new SeraiError('ERR_REQUEST_MEDIA_TYPE', `Send ${ENVELOPE_MEDIA_TYPE}, or application/json for a batch.`);
}

function readHanded(body: Uint8Array, request: HttpRequest): Handed {
  if (mediaTypeOf(request) === ENVELOPE_MEDIA_TYPE) return { envelopes: [body], isBatch: false };
  return { envelopes: parseInput(envelopeBatch, parseJson(body)).envelopes, isBatch: true };
}

function mediaTypeOf(request: HttpRequest): string | undefined {
  return request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch (cause) {
    throw new SeraiError('ERR_REQUEST_INVALID', 'The body is not JSON.', { cause });
  }
}

async function sendOne(reply: HttpReply, { status, answer, retryAfter }: SignedAnswer): Promise<void> {
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  await reply.status(status).type(ENVELOPE_MEDIA_TYPE).send(answer);
}

async function sendAll(reply: HttpReply, answers: readonly SignedAnswer[]): Promise<void> {
  const longest = Math.max(...answers.map(({ retryAfter }) => retryAfter ?? 0));
  if (longest > 0) reply.header('retry-after', String(longest));
  const body = { answers: answers.map(({ status, answer }) => ({ status, answer })) };
  await reply.status(MULTI_STATUS).type('application/json').send(body);
}
