import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { ErasureReason } from '#libs/contracts';
import { Leg } from '../leg/leg.entity.js';

/** A leg of which everything that people wrote is to be erased, or was. */
@Entity('erased_leg')
@Index('erased_leg_unfinished', ['legId'], { where: 'finished_at is null' })
export class ErasedLegRow {
  @PrimaryColumn('uuid', { name: 'leg_id' })
  legId: string;

  @Column('text')
  reason: ErasureReason;

  /** When it was decided. */
  @Column({ type: 'timestamptz', name: 'erased_at', precision: 3 })
  erasedAt: Date;

  /** Keys that go. */
  @Column('integer')
  records: number;

  /** When they were gone. */
  @Column({ type: 'timestamptz', name: 'finished_at', precision: 3, nullable: true })
  finishedAt: Date | null;
}

/** A record of the vault that nothing may bring back, be it a backup or the feed. */
@Entity('erased_record')
export class ErasedRecordRow {
  @PrimaryColumn('uuid', { name: 'record_id' })
  recordId: string;
}

/** Somebody keeps a leg from being erased. */
@Entity('leg_hold')
@Index('leg_hold_of_leg', ['legId', 'holdId'])
export class LegHoldRow {
  @PrimaryColumn('uuid', { name: 'hold_id' })
  holdId: string;

  @Column('uuid', { name: 'leg_id' })
  legId: string;

  @ManyToOne(() => Leg, { onDelete: 'NO ACTION' })
  @JoinColumn({ name: 'leg_id', foreignKeyConstraintName: 'leg_hold_leg' })
  leg: Relation<Leg>;

  @Column({ type: 'timestamptz', name: 'placed_at', precision: 3 })
  placedAt: Date;

  /** Pseudonym of the officer. */
  @Column('text', { name: 'placed_by' })
  placedBy: string;

  @Column('text', { name: 'placed_by_subject' })
  placedBySubject: string;

  @Column('text')
  reason: string;

  @Column({ type: 'timestamptz', name: 'released_at', precision: 3, nullable: true })
  releasedAt: Date | null;

  @Column('text', { name: 'released_by', nullable: true })
  releasedBy: string | null;

  @Column('text', { name: 'released_by_subject', nullable: true })
  releasedBySubject: string | null;

  @Column('text', { name: 'release_reason', nullable: true })
  releaseReason: string | null;
}
