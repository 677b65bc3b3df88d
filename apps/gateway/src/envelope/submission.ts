import { hash } from 'node:crypto';
import type { VerifiedEnvelope } from '#libs/envelope';

/** One envelope on its way through the gateway: so far it holds, or it is refused. */
export type Submission =
  | { readonly sha256: string; readonly envelope: VerifiedEnvelope; readonly error?: undefined }
  | { readonly sha256: string; readonly envelope?: undefined; readonly error: unknown };

/** A submission that holds so far. */
export type HoldingSubmission = Submission & { readonly envelope: VerifiedEnvelope };

export function holds(submission: Submission): submission is HoldingSubmission {
  return submission.envelope !== undefined;
}

/** The same submission, refused. */
export function refused({ sha256 }: Submission, error: unknown): Submission {
  return { sha256, error };
}

/** Hash of received bytes, whatever they are. */
export function sha256Of(received: Uint8Array | string): string {
  return hash('sha256', received, 'base64url');
}
