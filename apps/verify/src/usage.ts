/** The program was called wrongly, or cannot read what it was given: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What the program answers with: the verdict decides between the first two. */
export const EXIT = { holds: 0, failed: 1, usage: 2 } as const;

/** Where results and remarks go. */
export interface Terminal {
  result(text: string): void;
  remark(text: string): void;
}
