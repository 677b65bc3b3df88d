import type { Logger } from 'pino';
import type { Metrics } from '../metrics/metrics.js';
import { runInContext, traceContextOf } from '../traces/trace-context.js';
import type { HttpInstance, HttpReply, HttpRequest } from './http-types.js';

const DURATION_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Puts every request into a trace and records it: a line at debug and a histogram, both by route and never by query. */
export function observeRequests(server: HttpInstance, logger: Logger, metrics: Metrics): void {
  const contexts = new WeakMap<HttpRequest, ReturnType<typeof traceContextOf>>();
  const duration = metrics.histogram(
    { name: 'serai_http_request_duration_seconds', help: 'Time to answer.', labelNames: ['method', 'route', 'status'] },
    DURATION_BUCKETS,
  );

  server.addHook('onRequest', (request: HttpRequest, _reply: HttpReply, done: () => void) => {
    const header = request.headers['traceparent'];
    const traceContext = traceContextOf(typeof header === 'string' ? header : undefined);
    contexts.set(request, traceContext);
    runInContext(traceContext, done);
  });

  // Reading the body leaves the context: its events belong to the socket.
  server.addHook('preValidation', (request: HttpRequest, _reply: HttpReply, done: () => void) => {
    const traceContext = contexts.get(request);
    if (traceContext) runInContext(traceContext, done);
    else done();
  });

  server.addHook('onResponse', (request: HttpRequest, reply: HttpReply, done: () => void) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'unmatched';
    const status = reply.statusCode;
    duration.observe({ method, route, status }, reply.elapsedTime / 1000);
    const traceContext = contexts.get(request) ?? traceContextOf(undefined);
    runInContext(traceContext, () => {
      logger.debug({ method, route, status, ms: Math.round(reply.elapsedTime * 10) / 10 }, 'request answered');
      done();
    });
  });
}
