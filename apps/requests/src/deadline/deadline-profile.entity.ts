import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import type { Priority } from '#libs/contracts';

/**
 * How much time a priority allows, from a date on. A later row takes over from an earlier one for deliveries after its date; one for a pair of participants goes before
 * one for all. Rows are added, never changed: clocks name the profile that started them.
 */
@Entity({ name: 'deadline_profile' })
@Check('deadline_profile_pair', '(requester is null) = (addressee is null)')
@Check('deadline_profile_allowed', "allowed ~ '^P(?=[0-9T])([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?)?$'")
export class DeadlineProfile {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'deadline_profile_pkey' })
  id: string;

  @Column('text')
  priority: Priority;

  /** Both or neither: the profile is for requests of this participant ... */
  @Column('text', { nullable: true })
  requester: string | null;

  /** ... to this one. */
  @Column('text', { nullable: true })
  addressee: string | null;

  /** ISO 8601 duration such as PT8H or P3D; null where there is no deadline. */
  @Column('text', { nullable: true })
  allowed: string | null;

  @Column('timestamptz', { name: 'effective_from' })
  effectiveFrom: Date;
}
