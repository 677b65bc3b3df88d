import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { DeskNudges } from '#libs/contracts';

/** How a desk is to be nudged, as an officer sent it to the hub. What the hub said stands with the outgoing envelope. */
@Entity('desk_nudges')
@Index('desk_nudges_of_desk', ['desk', 'setAt'])
export class DeskNudgesRow {
  @PrimaryColumn('uuid', { name: 'envelope_id' })
  envelopeId: string;

  @Column('text')
  desk: string;

  @Column('jsonb')
  nudges: DeskNudges;

  @Column({ type: 'timestamptz', name: 'effective_from', precision: 3, nullable: true })
  effectiveFrom: Date | null;

  /** Pseudonym. */
  @Column('text')
  officer: string;

  @Column({ type: 'timestamptz', name: 'set_at', precision: 3 })
  setAt: Date;
}

/** A contact that the hub has given up, as its event said. */
@Entity('disabled_contact')
@Index('disabled_contact_of_desk', ['desk', 'disabledAt'])
export class DisabledContact {
  @PrimaryColumn('uuid', { name: 'event_id' })
  eventId: string;

  @Column('text')
  desk: string;

  @Column('text')
  contact: string;

  @Column({ type: 'timestamptz', name: 'disabled_at', precision: 3 })
  disabledAt: Date;

  @Column('text')
  reason: string;
}
