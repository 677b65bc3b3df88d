import type { ErrorCode } from '#libs/errors';

/** A parked record as it is shown to an operator: where it came from and why it is here, without its contents. */
export interface ParkedSummary {
  readonly id: string;
  readonly consumer: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly code: ErrorCode;
  readonly appendedAt: Date;
  readonly parkedAt: Date;
  /** Size of its value in bytes. */
  readonly bytes: number;
  /** When an operator has closed it: when, with which key, and why. */
  readonly discarded?: { readonly at: Date; readonly by: string; readonly reason: string };
}

/** Narrows a list to one consumer, topic or key. */
export interface ParkedFilter {
  readonly consumer?: string;
  readonly topic?: string;
  readonly key?: string;
}

/** One page of what a consumer has parked, in the order in which it did. */
export interface ParkedPageQuery {
  readonly consumer: string;
  /** Id of the last record of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
  readonly topic?: string | undefined;
  readonly code?: string | undefined;
  /** Those that were discarded, instead of those that wait. */
  readonly discarded?: boolean | undefined;
}
