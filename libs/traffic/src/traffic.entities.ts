import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** Effective-dated allowance; a row is never changed, a later one follows it. */
@Entity('traffic_policy')
@Check('traffic_policy_positive', 'per_second > 0 and burst >= 1 and per_day >= 1')
export class TrafficPolicyRow {
  /** Whom it is for; `*` is everybody without a row of their own. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'traffic_policy_pkey' })
  caller!: string;

  @PrimaryColumn({ name: 'effective_from', type: 'timestamptz', primaryKeyConstraintName: 'traffic_policy_pkey' })
  effectiveFrom!: Date;

  @Column({ name: 'per_second', type: 'double precision' })
  perSecond!: number;

  @Column({ type: 'double precision' })
  burst!: number;

  @Column({ name: 'per_day', type: 'double precision' })
  perDay!: number;

  /** Why it is as it is, for whoever changes it next. */
  @Column({ type: 'text' })
  note!: string;
}

/** What a caller used on a day. */
@Entity('traffic_use')
export class TrafficUseRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'traffic_use_pkey' })
  caller!: string;

  @PrimaryColumn({ type: 'date', primaryKeyConstraintName: 'traffic_use_pkey' })
  day!: string;

  @Column({ type: 'double precision' })
  used!: number;
}
