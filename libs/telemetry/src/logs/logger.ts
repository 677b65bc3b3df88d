import { type DestinationStream, type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino';
import { currentTraceId } from '../traces/trace-context.js';
import { logSafe, safeText } from './log-safe.js';

export type { Logger } from 'pino';

/** Injection token of the app's {@link Logger}: `@Inject(LOGGER) logger: Logger`. */
export const LOGGER = Symbol('serai.logger');

/** What a log is made for. */
export interface LogSettings {
  /** Name of the app, on every line. */
  readonly app: string;
  readonly level: string;
}

/**
 * A JSON log: one object per line with `time` (ISO 8601 UTC), `level`, `app`, `msg` and, within a traced request or record, `trace_id`.
 * Nothing personal reaches it: members that may hold contents, headers or secrets are withheld at any depth, tokens and envelopes
 * are recognised by their form, errors are logged by name, code, detail and stack frames.
 *
 * @param destination stdout unless given
 */
export function createLogger({ app, level }: LogSettings, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: { app },
    timestamp: stdTimeFunctions.isoTime,
    mixin: () => {
      const traceId = currentTraceId();
      return traceId ? { trace_id: traceId } : {};
    },
    formatters: {
      level: (label) => ({ level: label }),
      log: (entry) => logSafe(entry) as Record<string, unknown>,
    },
    // `formatters.log` has described the error; pino's own serializer would add the messages of its causes.
    serializers: { err: (described: unknown) => described },
    hooks: {
      logMethod(args, method) {
        // pino would take the message of a lone error as the line's; that message has not been through describeError.
        const [first, ...rest] = args as unknown as [unknown, ...unknown[]];
        const words = rest.map((word) => (typeof word === 'string' ? safeText(word) : word));
        if (first instanceof Error)
          return method.apply(this, [{ err: first }, ...(words.length ? words : ['error'])] as never);
        const head = typeof first === 'string' ? safeText(first) : first;
        return method.apply(this, [head, ...words] as never);
      },
    },
  };
  return pino(options, destination ?? standardOutput());
}

/**
 * Standard output, or nowhere once its reader is gone. pino's own destination writes a line that met a broken pipe again and again when
 * a fatal line follows it, and the process never ends.
 */
function standardOutput(): DestinationStream {
  const { stdout } = process;
  if (!stdout.listeners('error').includes(ignore)) stdout.on('error', ignore);
  return stdout;
}

function ignore(): void {
  // A log that nobody reads is no reason to end; the parent's end is noticed by its own means.
}
