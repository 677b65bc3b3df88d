import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { DirectoryChange } from '#libs/contracts';

/** A change of the directory that was proposed here, handed in here, or both. */
@Entity('directory_proposal')
@Index('directory_proposal_newest', ['changedAt'])
export class DirectoryProposalRow {
  @PrimaryColumn('uuid', { name: 'change_id' })
  changeId: string;

  @Column('jsonb')
  change: DirectoryChange;

  @Column('text', { name: 'proposed_by_subject', nullable: true })
  proposedBySubject: string | null;

  @Column('text', { name: 'proposed_by', nullable: true })
  proposedBy: string | null;

  @Column({ type: 'timestamptz', name: 'proposed_at', precision: 3, nullable: true })
  proposedAt: Date | null;

  @Column('text', { name: 'submitted_by_subject', nullable: true })
  submittedBySubject: string | null;

  @Column('text', { name: 'submitted_by', nullable: true })
  submittedBy: string | null;

  @Column({ type: 'timestamptz', name: 'submitted_at', precision: 3, nullable: true })
  submittedAt: Date | null;

  /** The envelope that handed it in last. */
  @Column('uuid', { name: 'envelope_id', nullable: true })
  envelopeId: string | null;

  @Column({ type: 'timestamptz', name: 'changed_at', precision: 3 })
  changedAt: Date;
}
