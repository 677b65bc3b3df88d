import { randomBytes } from 'node:crypto';
import {
  type Context,
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';

const propagator = new W3CTraceContextPropagator();
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

/**
 * The context of one hop: it continues the trace of `traceparent` with a span id of its own, or starts a new trace where there is none
 * or one that is malformed.
 *
 * @see https://www.w3.org/TR/trace-context/
 */
export function traceContextOf(traceparent: string | undefined): Context {
  const carrier = traceparent === undefined ? {} : { traceparent };
  const incoming = trace.getSpanContext(propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter));
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: incoming?.traceId ?? randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    traceFlags: incoming?.traceFlags ?? TraceFlags.NONE,
  });
}

/** Runs `work`, and all that it awaits, within the trace of `traceparent`, or a new one. */
export function runWithTraceparent<Result>(traceparent: string | undefined, work: () => Result): Result {
  return context.with(traceContextOf(traceparent), work);
}

/** Runs `work` within a context made by {@link traceContextOf}. */
export function runInContext<Result>(traceContext: Context, work: () => Result): Result {
  return context.with(traceContext, work);
}

/** The `traceparent` to hand on to HTTP or record headers, or undefined outside a trace. */
export function currentTraceparent(): string | undefined {
  const carrier: Record<string, string> = {};
  propagator.inject(context.active(), carrier, defaultTextMapSetter);
  return carrier['traceparent'];
}

/** The id of the trace that is under way: 32 hexadecimal digits, or undefined. */
export function currentTraceId(): string | undefined {
  return trace.getSpanContext(context.active())?.traceId;
}
