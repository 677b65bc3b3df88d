import { Column, CreateDateColumn, Entity, Exclusion, PrimaryColumn } from 'typeorm';

/** Statistics of a period, as they were signed. Rows are only ever added. */
@Entity('statistics')
@Exclusion('statistics_apart', 'using gist (tstzrange(begins_at, ends_at) with &&)')
export class StatisticsRow {
  @PrimaryColumn({ name: 'begins_at', type: 'timestamptz', primaryKeyConstraintName: 'statistics_pkey' })
  beginsAt!: Date;

  /** Not of the period itself. */
  @PrimaryColumn({ name: 'ends_at', type: 'timestamptz', primaryKeyConstraintName: 'statistics_pkey' })
  endsAt!: Date;

  /** Compact JWS. */
  @Column({ type: 'text' })
  statement!: string;

  @CreateDateColumn({ name: 'issued_at', type: 'timestamptz' })
  issuedAt!: Date;
}
