import { Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { FindingKind } from '#libs/contracts';

/** One thing that should not be. Rows are only ever added. */
@Entity('finding')
@Index('finding_once', ['kind', 'about'], { unique: true })
export class Finding {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'finding_pkey',
  })
  id!: string;

  @Column({ type: 'text' })
  kind!: FindingKind;

  /** Of a kind, one finding about the same is written down; null where it may come again. */
  @Column({ type: 'text', nullable: true })
  about!: string | null;

  @Column({ type: 'text', nullable: true })
  topic!: string | null;

  @Column({ type: 'integer', nullable: true })
  partition!: number | null;

  /** Of the record at which it was found. */
  @Column({ name: 'record_offset', type: 'bigint', nullable: true })
  offset!: string | null;

  /** Whose numbers or clock it concerns. */
  @Column({ type: 'text', nullable: true })
  producer!: string | null;

  /** The first that is missing, or the one that it was found at. */
  @Column({ type: 'text', nullable: true })
  number!: string | null;

  /** Name in the log policy. */
  @Column({ type: 'text', nullable: true })
  witness!: string | null;

  @CreateDateColumn({ name: 'found_at', type: 'timestamptz' })
  foundAt!: Date;
}
