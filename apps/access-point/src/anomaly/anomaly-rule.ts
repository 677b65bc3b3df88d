import type { EntityManager } from 'typeorm';
import type { AnomalyRule } from '#libs/contracts';
import type { Directory } from '#libs/trust';

/** What a rule found; records are ids of audit records. */
export interface Finding {
  /** Whom and what it is about: found once for the same records. */
  readonly about: string;
  readonly subject?: string;
  readonly officer?: string;
  readonly participant?: string;
  readonly desk?: string;
  readonly legId?: string;
  readonly from: Date;
  readonly until: Date;
  readonly score: number;
  readonly threshold: number;
  readonly records: readonly string[];
}

/** What rules look at beside the database. */
export interface Scene {
  readonly now: Date;
  /** Whose access point this is. */
  readonly participant: string;
  readonly directory: Directory;
}

/** One rule over the audit metadata, with its own values of the settings. It reads a bounded time back. */
export type Find<Values> = (manager: EntityManager, values: Values, scene: Scene) => Promise<Finding[]>;

/**
 * In SQL, when the newest record of an item about the same was: what was found once is not found again.
 *
 * @param about value in SQL; columns of it need the name of their table, for items have some of the same name
 */
export const lastFound = (rule: AnomalyRule, about: string): string =>
  `coalesce((select max(i.until) from anomaly_item i where i.rule = '${rule}' and i.about = ${about}), '-infinity')`;

const SECOND_MS = 1_000;

export const before = (now: Date, { days = 0, hours = 0, seconds = 0 }): Date =>
  new Date(now.getTime() - (days * 86_400 + hours * 3_600 + seconds) * SECOND_MS);
