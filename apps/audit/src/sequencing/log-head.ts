import { randomBytes } from 'node:crypto';
import { type LogRecord, leafEntry, SALT_BYTES } from '#libs/evidence';
import type { ReceivedRecord } from '#libs/messaging';
import { Frontier, leafHash } from '#libs/transparency-log';
import { findingAt, type NewFinding } from '../finding/new-finding.js';
import type { SaltWrap } from '../leaf/salt-wrap.js';
import { readRecord } from '../record/log-record-of.js';
import type { NewBatch, NewLeaf, ReadRange } from './new-batch.js';

/** What the sequencer keeps in mind between batches: everything of it is in the database too. */
export interface HeadState {
  readonly frontier: Frontier;
  /** Offset that each partition goes on at, by {@link placeOf}. */
  readonly positions: ReadonlyMap<string, bigint>;
}

/** A batch and the head that it leads to. */
export interface PlannedBatch {
  readonly batch: NewBatch;
  readonly next: HeadState;
}

export const placeOf = (topic: string, partition: number): string => `${topic} ${partition}`;

/** Names an envelope and its bytes as they came on a topic; undefined for a record that holds none. */
export function envelopeKeyOf({ topic, id, messageHash }: LogRecord): string | undefined {
  return id === undefined ? undefined : `${topic} ${id} ${messageHash}`;
}

/**
 * Gives each record its place in the log. Those that were taken before are passed over; the same envelope again on its topic counts as read and gets no second
 * leaf.
 *
 * @param records those of one partition in their order
 * @param known envelopes that are in the log, by {@link envelopeKeyOf}
 */
export function planBatch(
  { frontier, positions }: HeadState,
  records: readonly ReceivedRecord[],
  known: ReadonlySet<string>,
  salts: SaltWrap,
): PlannedBatch {
  const grown = frontier.copy();
  const seen = new Set(known);
  const leaves: NewLeaf[] = [];
  const reading = new Reading(positions);
  const batchSalts = newSalts(frontier.size, records.length, salts);
  for (const received of records) {
    if (!reading.take(received)) continue;
    const { record, claimed } = readRecord(received);
    const key = envelopeKeyOf(record);
    if (key !== undefined && seen.has(key)) continue;
    if (key !== undefined) seen.add(key);
    const { salt, wrapped: wrappedSalt } = batchSalts(leaves.length);
    const leaf = { index: grown.size, record, claimed, entry: leafEntry(record, salt), wrappedSalt };
    grown.append(leafHash(leaf.entry));
    leaves.push(leaf);
  }
  const { ranges, findings } = reading;
  const batch = { firstLeaf: frontier.size, leaves, frontier: grown.hashes, ranges, findings };
  return { batch, next: { frontier: grown, positions: reading.positions } };
}

/** Salts of as many leaves as a batch may add, made and wrapped in one go. */
function newSalts(firstLeaf: number, count: number, salts: SaltWrap) {
  const open = randomBytes(SALT_BYTES * count);
  const wrapped = salts.wrap(firstLeaf, open);
  const at = (bytes: Buffer, place: number) => bytes.subarray(place * SALT_BYTES, (place + 1) * SALT_BYTES);
  return (place: number) => ({ salt: at(open, place), wrapped: at(wrapped, place) });
}

/** How far partitions are read, and where one jumps. */
class Reading {
  readonly positions: Map<string, bigint>;
  readonly findings: NewFinding[] = [];
  private readonly begun = new Map<string, ReadRange>();

  constructor(positions: ReadonlyMap<string, bigint>) {
    this.positions = new Map(positions);
  }

  get ranges(): ReadRange[] {
    return [...this.begun.values()];
  }

  /** False for a record that was taken before. */
  take({ topic, partition, offset }: ReceivedRecord): boolean {
    const place = placeOf(topic, partition);
    const next = this.positions.get(place) ?? 0n;
    if (offset < next) return false;
    if (offset > next) this.findings.push(findingAt('OFFSET_GAP', { topic, partition, offset }));
    const from = this.begun.get(place)?.from ?? next;
    this.begun.set(place, { topic, partition, from, to: offset + 1n });
    this.positions.set(place, offset + 1n);
    return true;
  }
}
