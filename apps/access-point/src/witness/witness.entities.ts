import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** The newest head of a log that this witness cosigned: one row per log, locked while a newer one is decided on. */
@Entity('witness_head')
@Check('witness_head_root', 'octet_length(root) = 32 and size >= 0')
export class WitnessHeadRow {
  @PrimaryColumn('text')
  origin: string;

  @Column('bigint')
  size: string;

  @Column('bytea')
  root: Buffer;

  /** The checkpoint as the log signed it; null before the first. */
  @Column('bytea', { nullable: true })
  note: Buffer | null;

  @Column({ type: 'timestamptz', name: 'changed_at', precision: 3 })
  changedAt: Date;
}

/** Heads that this witness cosigned, one an hour: rows are only ever added. */
@Entity('witness_history')
@Check('witness_history_root', 'octet_length(root) = 32')
export class WitnessHistoryRow {
  @PrimaryColumn('text')
  origin: string;

  @PrimaryColumn('bigint')
  size: string;

  @Column('bytea')
  root: Buffer;

  /** The checkpoint as the log signed it. */
  @Column('bytea')
  note: Buffer;

  @Column({ type: 'timestamptz', name: 'cosigned_at', precision: 3 })
  cosignedAt: Date;
}

/** What the log signed and this witness refused, because it contradicts what it had cosigned: rows are only ever added. */
@Entity('witness_evidence')
@Check('witness_evidence_kind', `kind in ('fork', 'proof')`)
export class WitnessEvidenceRow {
  @PrimaryColumn('text')
  kind: EvidenceKind;

  /** SHA-256 of the refused checkpoint's text. */
  @PrimaryColumn('bytea', { name: 'checkpoint_hash' })
  checkpointHash: Buffer;

  @Column('text')
  origin: string;

  /** The whole request, byte for byte. */
  @Column('bytea')
  request: Buffer;

  /** The checkpoint that it was held against, as the log signed it. */
  @Column('bytea', { nullable: true })
  known: Buffer | null;

  @Column({ type: 'timestamptz', name: 'met_at', precision: 3 })
  metAt: Date;
}

/** `fork`: two roots of one size, both signed by the log, which proves that it lied. `proof`: no proof that one continues the other, which may be a fault of whoever sent it. */
export type EvidenceKind = 'fork' | 'proof';
