import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A message that a consumer has handled: its row was committed together with its effects. */
@Entity('inbox_entry')
export class InboxEntry {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'inbox_entry_pkey' })
  consumer!: string;

  @PrimaryColumn({ name: 'message_id', type: 'uuid', primaryKeyConstraintName: 'inbox_entry_pkey' })
  messageId!: string;

  @Column({ name: 'handled_at', type: 'timestamptz', default: () => 'now()' })
  handledAt!: Date;
}
