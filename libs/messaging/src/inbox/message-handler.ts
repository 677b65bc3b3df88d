import type { EntityManager } from 'typeorm';
import type { ReceivedRecord } from '../records.js';

/** A message that passed verification, with the record that brought it. */
export interface ReceivedMessage<T> {
  readonly record: ReceivedRecord;
  readonly message: T & { readonly id: string };
}

/**
 * What a service does with the records of a topic.
 *
 * The table of `#libs/errors` decides what an error does: `retry` tries the batch again, `park` and `refuse` put the record aside, `ignore` counts it
 * as handled, `fatal` stops the process. Errors of other classes retry when they are transient and park when they are not.
 */
export interface MessageHandler<T> {
  /** Checks the bytes and reads the message; `id` (UUID) is what makes it the same message when it comes again. */
  verify(record: ReceivedRecord): Promise<T & { readonly id: string }>;
  /**
   * Applies new messages of one or more partitions, those of a partition in order, within `tx`; effects outside of `tx` happen again when it is rerun.
   * Answers to the sender, refusals among them, go through {@link Outbox}.
   */
  handle(tx: EntityManager, messages: readonly ReceivedMessage<T>[]): Promise<void>;
}

/** Runs `work` within the trace that a `traceparent` header names. */
export type TraceRunner = <R>(traceparent: string | undefined, work: () => R) => R;
