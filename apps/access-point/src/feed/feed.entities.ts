import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** How far the feed has been followed: one row. */
@Entity('feed_cursor')
@Check('feed_cursor_single', 'id = 1')
export class FeedCursor {
  @PrimaryColumn('integer')
  id: number;

  @Column('bigint')
  sequence: string;

  /** Hash of the last entry, base64url. */
  @Column('text')
  head: string;
}

/** Ids of events that have had their effect. */
@Entity('received_event')
export class ReceivedEvent {
  @PrimaryColumn('uuid', { name: 'event_id' })
  eventId: string;
}

/** What the hub said of a leg by itself, without a message: that time ran out, or that the leg lapsed. Its signed bytes are part of the leg's evidence. */
@Entity('leg_event')
@Index('leg_event_of_leg', ['legId'])
export class LegEventRow {
  @PrimaryColumn('uuid', { name: 'event_id' })
  eventId: string;

  @Column('uuid', { name: 'leg_id' })
  legId: string;

  @Column('text')
  jws: string;
}

/** A message of another participant: the bytes as they were signed, and the hub's event that accepted them. */
@Entity('received_envelope')
export class ReceivedEnvelope {
  @PrimaryColumn('uuid', { name: 'envelope_id' })
  envelopeId: string;

  @Column('text')
  source: string;

  @Column('text')
  sha256: string;

  @Column('text')
  jws: string;

  @Column('text', { name: 'event_jws' })
  eventJws: string;

  @Column({ type: 'timestamptz', name: 'decided_at', precision: 3 })
  decidedAt: Date;
}

/** An entry of the feed that could not be verified or read, kept as it came. */
@Entity('quarantined_entry')
export class QuarantinedEntry {
  @PrimaryColumn('bigint')
  sequence: string;

  @Column('text')
  code: string;

  @Column('text', { name: 'event_jws' })
  eventJws: string;

  @Column('text', { name: 'cause_jws', nullable: true })
  causeJws: string | null;

  @Column({ type: 'timestamptz', name: 'at', precision: 3 })
  at: Date;
}
