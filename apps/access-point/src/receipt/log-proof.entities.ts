import { Check, Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';

/** A witnessed checkpoint under which something is proven. */
@Entity('proof_checkpoint')
export class ProofCheckpointRow {
  @PrimaryColumn('text')
  origin: string;

  /** Number of leaves. */
  @PrimaryColumn('bigint')
  size: string;

  /** The signed note with its cosignatures, as it was published. */
  @Column('bytea')
  note: Buffer;
}

/** That an envelope is in the log. */
@Entity('log_proof')
@Check('log_proof_hashes', 'octet_length(hashes) % 32 = 0')
export class LogProofRow {
  @PrimaryColumn('uuid', { name: 'envelope_id' })
  envelopeId: string;

  @Column('text')
  sha256: string;

  /** JSON of the leaf opening. */
  @Column('text')
  opening: string;

  /** Of the inclusion proof, 32 bytes each, from the leaf's sibling up. */
  @Column('bytea')
  hashes: Buffer;

  @Column('text')
  origin: string;

  @Column('bigint')
  size: string;

  @ManyToOne(() => ProofCheckpointRow, { onDelete: 'NO ACTION' })
  @JoinColumn([
    { name: 'origin', referencedColumnName: 'origin', foreignKeyConstraintName: 'log_proof_checkpoint' },
    { name: 'size', referencedColumnName: 'size', foreignKeyConstraintName: 'log_proof_checkpoint' },
  ])
  checkpoint: Relation<ProofCheckpointRow>;
}

/** A message, or an event that the hub sent by itself, of which not everything is proven yet. */
@Entity('unproven_envelope')
export class UnprovenEnvelopeRow {
  @PrimaryColumn('uuid', { name: 'envelope_id' })
  envelopeId: string;
}
