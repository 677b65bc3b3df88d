/** What this lib asks of a logger; pino's `Logger` fits. Fields hold codes, topics and offsets, never contents. */
export interface MessagingLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Name, code and message of an error for the log. The error itself stays out: TypeORM hangs a query's parameters on it. */
export function errorFields(error: unknown): { error: string; code?: string; cause?: string } {
  if (!(error instanceof Error)) return { error: String(error) };
  const { code } = error as { code?: unknown };
  return {
    error: `${error.name}: ${error.message}`,
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.cause instanceof Error ? { cause: `${error.cause.name}: ${error.cause.message}` } : {}),
  };
}
