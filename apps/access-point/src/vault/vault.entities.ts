import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Encrypted content. Backups of this table and of {@link ContentKey} are kept apart: without its key a record is erased. */
@Entity('content_record')
export class ContentRecord {
  @PrimaryColumn('uuid', { name: 'record_id' })
  recordId: string;

  @Column('bytea')
  ciphertext: Buffer;
}

/** Data key of one record, wrapped by the keystore's secret. Destroying the row erases the content everywhere. */
@Entity('content_key')
export class ContentKey {
  @PrimaryColumn('uuid', { name: 'record_id' })
  recordId: string;

  @Column('bytea', { name: 'wrapped_key' })
  wrappedKey: Buffer;
}
