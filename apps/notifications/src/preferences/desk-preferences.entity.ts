import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { DeskNudges } from '#libs/contracts';

/** How a desk wants to be nudged from a time on. Rows are added, never changed: of those in force the latest counts. */
@Entity('desk_preferences')
@Index('desk_preferences_in_force', ['desk', 'effectiveFrom', 'ordinal'])
export class DeskPreferencesRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'desk_preferences_pkey',
  })
  ordinal!: string;

  @Column('text')
  participant!: string;

  @Column('text')
  desk!: string;

  @Column('timestamptz', { name: 'effective_from' })
  effectiveFrom!: Date;

  @Column('jsonb')
  nudges!: DeskNudges;
}
