import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Which envelope commits to an entry of the access log, once one does. The entry itself never changes. */
@Entity('access_record')
@Index('access_record_of_envelope', ['recordId'])
@Index('access_record_missing', ['entryId'], { where: 'record_id is null' })
export class AccessRecordRow {
  @PrimaryColumn('uuid', { name: 'entry_id' })
  entryId: string;

  /** Id of the envelope; nothing that the entry is about is shown before the hub has taken it. */
  @Column('uuid', { name: 'record_id', nullable: true })
  recordId: string | null;

  /** Place among the entries of that envelope, from 0. */
  @Column('integer', { nullable: true })
  place: number | null;

  /** 32 random bytes that blind the commitment. */
  @Column('bytea', { nullable: true })
  salt: Buffer | null;
}
