import type { DataSource } from 'typeorm';
import { findParked } from './parked-message.repository.js';
import type { ParkedFilter, ParkedSummary } from './parked-summary.js';

/** What is parked in the schema of the data source, in the order of the topics. */
export async function listParked(dataSource: DataSource, filter: ParkedFilter = {}): Promise<ParkedSummary[]> {
  return findParked(dataSource.manager, filter);
}
