import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { WITNESS_API } from '#libs/contracts';
import { isSeraiError } from '#libs/errors';
import { orUnavailable } from '#libs/persistence';
import { type HttpInstance, type HttpReply, type HttpRequest, LOGGER, type Logger } from '#libs/telemetry';
import { MAX_ADD_CHECKPOINT_BYTES } from '#libs/transparency-log';
import { CallerLimits } from './caller-limits.js';
import { Witness } from './witness.js';

const TEXT = 'text/plain; charset=utf-8';
const TOO_LARGE = 413;
const TOO_MANY = 429;
const UNAVAILABLE = 503;

const orAway = orUnavailable('This witness cannot reach its database now. Try again later.');

/** Serves `add-checkpoint` as its specification says: any media type comes in, plain text goes out, and no caller is asked who it is. */
export function serveWitness(app: NestFastifyApplication): void {
  const witness = app.get(Witness);
  const logger = app.get<Logger>(LOGGER);
  const server: HttpInstance = app.getHttpAdapter().getInstance();
  void server.register((scope: HttpInstance, _options: unknown, done: () => void) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request: unknown, body: unknown, taken: Taken) =>
      taken(null, body),
    );
    limitCallers(scope);
    scope.setErrorHandler((error: unknown, _request: HttpRequest, reply: HttpReply) => refuse(reply, error, logger));
    const { path } = WITNESS_API.addCheckpoint;
    scope.post(path, { bodyLimit: MAX_ADD_CHECKPOINT_BYTES }, async (request: HttpRequest, reply: HttpReply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const answer = await witness.addCheckpoint(body).catch(orAway);
      return reply.code(answer.status).header('content-type', answer.contentType).send(answer.body);
    });
    done();
  });
}

type Taken = (error: Error | null, body?: unknown) => void;

/** Before the body is read. */
function limitCallers(scope: HttpInstance): void {
  const limits = new CallerLimits();
  scope.addHook('onRequest', (request: HttpRequest, reply: HttpReply, done: () => void) => {
    const seconds = limits.enter(request.ip);
    if (seconds > 0) {
      void reply.header('retry-after', seconds);
      return void answer(reply, TOO_MANY, `You call too often. Come again in ${seconds} s.`);
    }
    reply.raw.once('close', () => limits.leave());
    done();
  });
}

function refuse(reply: HttpReply, error: unknown, logger: Logger): void {
  const { statusCode = UNAVAILABLE } = error as { statusCode?: number };
  if (statusCode === TOO_LARGE) {
    answer(reply, TOO_LARGE, 'The request is too large.');
    return;
  }
  if (statusCode < 500) {
    answer(reply, 400, 'The request cannot be read.');
    return;
  }
  logger.warn({ err: error }, 'a checkpoint could not be judged');
  answer(reply, UNAVAILABLE, isSeraiError(error) ? error.message : 'This witness cannot answer now. Try again later.');
}

function answer(reply: HttpReply, status: number, sentence: string): void {
  void reply.code(status).header('content-type', TEXT).send(`${sentence}\n`);
}
