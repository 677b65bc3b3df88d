import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';
import type { ChannelKind } from './contact-address.js';

/**
 * The queue of one address of a desk. At most one nudge is under way: its id and its counts are fixed before it is first sent, so that every attempt says the
 * same under the same id.
 */
@Entity('nudge_target')
@Unique('nudge_target_address', ['desk', 'kind', 'address'])
export class NudgeTarget {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'nudge_target_pkey' })
  id!: string;

  @Column('text')
  desk!: string;

  @Column('text')
  kind!: ChannelKind;

  @Column('text')
  address!: string;

  /** In a row. */
  @Column('integer')
  failures!: number;

  @Column('timestamptz', { name: 'disabled_at', nullable: true })
  disabledAt!: Date | null;

  @Column('timestamptz', { name: 'sent_at', nullable: true })
  sentAt!: Date | null;

  /** Until then an instance is sending; whoever finds it past sends again. */
  @Column('timestamptz', { name: 'leased_until', nullable: true })
  leasedUntil!: Date | null;

  /** Id of the nudge under way. */
  @Column('uuid', { nullable: true })
  nudge!: string | null;

  @Column('integer', { name: 'urgent_items' })
  urgentItems!: number;

  @Column('integer', { name: 'other_items' })
  otherItems!: number;

  @Column('timestamptz', { name: 'retry_at', nullable: true })
  retryAt!: Date | null;
}
