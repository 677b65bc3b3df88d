import type { LogRecord } from '#libs/evidence';
import type { EpochEnd } from '../epoch/epoch.repository.js';
import type { NewFinding } from '../finding/new-finding.js';
import type { Claimed } from '../record/log-record-of.js';

/** A record with its place in the log and what will open it. */
export interface NewLeaf {
  readonly index: number;
  readonly record: LogRecord;
  readonly claimed: Claimed;
  /** 33 bytes. */
  readonly entry: Buffer;
  readonly wrappedSalt: Buffer;
}

/** Consecutive records of a partition that were read. */
export interface ReadRange {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  /** Behind the last of them. */
  readonly to: bigint;
}

/** What one transaction adds to the log. */
export interface NewBatch {
  readonly firstLeaf: number;
  readonly leaves: readonly NewLeaf[];
  /** Of the complete subtrees behind these leaves. */
  readonly frontier: readonly Uint8Array[];
  readonly ranges: readonly ReadRange[];
  readonly findings: readonly NewFinding[];
  /** That the log ends with the last of them. */
  readonly end?: EpochEnd | undefined;
}
