import type { DataSource } from 'typeorm';
import type { ErrorCode } from '#libs/errors';
import { findParked } from './parked-message.repository.js';

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
}

/** Lists what is parked in the data source's schema, oldest first. */
export async function listParked(
  dataSource: DataSource,
  filter: { readonly consumer?: string; readonly topic?: string; readonly key?: string } = {},
): Promise<ParkedSummary[]> {
  return findParked(dataSource.manager, filter);
}
