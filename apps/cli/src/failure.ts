import { isSeraiProblem } from '#libs/client';
import { isSeraiError } from '#libs/errors';

/** Exit codes of the tool; `serai --help` explains them. */
export const EXIT = { ok: 0, failure: 1, usage: 2, refused: 3, unreachable: 4, notLoggedIn: 5 } as const;

/** A mistake in how the tool was called; its message says what to type. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked for was not done, for the reason of the code. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What a failed command says and ends with. */
export interface Failure {
  readonly exitCode: number;
  readonly code: string;
  readonly message: string;
  readonly fields?: readonly { readonly path: string; readonly message: string }[];
}

export function failureOf(error: unknown): Failure {
  if (error instanceof UsageError) return { exitCode: EXIT.usage, code: 'ERR_CLI_USAGE', message: error.message };
  if (error instanceof Refusal) return { exitCode: EXIT.refused, code: error.code, message: error.message };
  if (isSeraiProblem(error)) {
    const exitCode = error.code === 'ERR_OFFICER_UNAUTHENTICATED' ? EXIT.notLoggedIn : EXIT.refused;
    return {
      exitCode,
      code: error.code,
      message: error.message,
      ...(error.fields.length ? { fields: error.fields } : {}),
    };
  }
  if (isSeraiError(error)) {
    const exits: Record<string, number> = {
      ERR_OFFICER_UNAUTHENTICATED: EXIT.notLoggedIn,
      ERR_UPSTREAM_UNAVAILABLE: EXIT.unreachable,
    };
    return { exitCode: exits[error.code] ?? EXIT.refused, code: error.code, message: error.message };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { exitCode: EXIT.failure, code: 'ERR_INTERNAL_UNEXPECTED', message };
}
