import type { FindingKind } from '#libs/contracts';

/** Where a record stands. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint | string;
}

/** What is wrong, and where that was seen. */
export interface NewFinding {
  readonly kind: FindingKind;
  /** What it is about: of a kind, one finding about the same is written down. */
  readonly about: string;
  readonly record?: RecordPlace;
  /** Whose numbers it concerns. */
  readonly producer?: string;
  readonly number?: string;
}

/** One finding for each record. */
export function findingAt(
  kind: FindingKind,
  { topic, partition, offset }: RecordPlace,
  more: Pick<NewFinding, 'producer' | 'number'> = {},
): NewFinding {
  return { kind, about: `${topic} ${partition} ${offset}`, record: { topic, partition, offset }, ...more };
}
