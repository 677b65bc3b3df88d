import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { LiveEventKind } from './live-event.js';

/** Something that officers see live. `transaction` orders by commit: a bare counter would let a late commit slip in behind a reader. */
@Entity('live_event')
@Check('live_event_kind', `kind in ('leg.changed', 'envelope.changed', 'attachment.changed', 'approval.changed')`)
@Index('live_event_order', ['transaction', 'position'])
@Index('live_event_age', ['at'])
export class LiveEventRow {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  position: string;

  @Column('bigint')
  transaction: string;

  @Column({ type: 'timestamptz', precision: 3 })
  at: Date;

  @Column('text')
  kind: LiveEventKind;

  @Column('uuid', { name: 'leg_id' })
  legId: string;

  /** Whose it is where there is no leg yet. */
  @Column('text', { nullable: true })
  desk: string | null;

  @Column('jsonb')
  detail: Record<string, unknown>;
}
