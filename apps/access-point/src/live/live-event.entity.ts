import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { LiveEventKind } from './live-event.js';

/** Something that officers see live. */
@Entity('live_event')
@Check(
  'live_event_kind',
  `kind in ('leg.changed', 'leg.escalated', 'envelope.changed', 'attachment.changed', 'approval.changed', 'log.changed')`,
)
@Index('live_event_age', ['at'])
export class LiveEventRow {
  /** From {@link LivePositionRow}. */
  @PrimaryColumn('bigint')
  position: string;

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

/**
 * Where the live events end: one row, locked from the numbering of events until their commit. So numbers follow each other without a gap in the order of
 * commits; with a sequence, a late commit would slip in behind a reader.
 */
@Entity('live_position')
@Check('live_position_single', 'id = 1')
export class LivePositionRow {
  @PrimaryColumn('integer')
  id: number;

  @Column('bigint')
  position: string;
}
