import type { ApiProblem } from '#libs/contracts';

/**
 * A refusal: by the access point at once, or by the hub later as the fate of an envelope ({@link SeraiClient.waitForEnvelope}).
 * `code` is stable; `fields` names the wrong fields of an `ERR_REQUEST_INVALID`.
 */
export class SeraiProblem extends Error {
  override readonly name = 'SeraiProblem';
  readonly code: ApiProblem['code'];
  readonly status: number;
  readonly fields: readonly { readonly path: string; readonly message: string }[];

  constructor(readonly problem: ApiProblem) {
    super(problem.detail);
    this.code = problem.code;
    this.status = problem.status;
    this.fields = problem.errors ?? [];
  }
}

/** True for a {@link SeraiProblem}, with one of `codes` where any are given. */
export function isSeraiProblem(error: unknown, ...codes: ApiProblem['code'][]): error is SeraiProblem {
  return error instanceof SeraiProblem && (codes.length === 0 || codes.includes(error.code));
}
