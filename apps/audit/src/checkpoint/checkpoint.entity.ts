import { Check, Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A head that the log signed. Rows are only ever added. */
@Entity('checkpoint')
@Check('checkpoint_lengths', 'size > 0 and octet_length(root) = 32')
export class CheckpointRow {
  /** Number of leaves. */
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'checkpoint_pkey' })
  size!: string;

  /** 32 bytes. */
  @Column({ type: 'bytea' })
  root!: Buffer;

  /** The note as its signer wrote it, without cosignatures. */
  @Column({ type: 'bytea' })
  note!: Buffer;

  @CreateDateColumn({ name: 'signed_at', type: 'timestamptz' })
  signedAt!: Date;
}
