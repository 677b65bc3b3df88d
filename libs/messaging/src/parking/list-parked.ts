import type { DataSource } from 'typeorm';
import { findParked, findParkedPage } from './parked-message.repository.js';
import type { ParkedFilter, ParkedPageQuery, ParkedSummary } from './parked-summary.js';

/** What is parked in the schema of the data source, in the order of the topics. */
export async function listParked(dataSource: DataSource, filter: ParkedFilter = {}): Promise<ParkedSummary[]> {
  return findParked(dataSource.manager, filter);
}

/** A page of what one consumer has parked; what is parked meanwhile comes on a later page. */
export async function pageOfParked(dataSource: DataSource, query: ParkedPageQuery): Promise<ParkedSummary[]> {
  return findParkedPage(dataSource.manager, query);
}
