import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { DeskNudges } from '#libs/contracts';

/** Settings that were taken. */
export interface DeskPreferences {
  readonly participant: string;
  readonly desk: string;
  readonly effectiveFrom: Date;
  readonly nudges: DeskNudges;
}

/** Every query of desks' settings. */
@Injectable()
export class PreferencesRepository {
  async insert(tx: EntityManager, { participant, desk, effectiveFrom, nudges }: DeskPreferences): Promise<void> {
    await tx.query(
      'insert into desk_preferences (participant, desk, effective_from, nudges) values ($1, $2, $3, $4::jsonb)',
      [participant, desk, effectiveFrom, JSON.stringify(nudges)],
    );
  }

  /** The settings in force at an instant, by desk; a desk without any is missing. */
  async inForce(tx: EntityManager, desks: readonly string[], at: Date): Promise<Map<string, DeskPreferences>> {
    const rows: DeskPreferences[] = await tx.query(
      `select distinct on (desk) participant, desk, effective_from as "effectiveFrom", nudges
         from desk_preferences
        where desk = any($1) and effective_from <= $2
        order by desk, effective_from desc, ordinal desc`,
      [[...new Set(desks)], at],
    );
    return new Map(rows.map((row) => [row.desk, row]));
  }
}
