import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Ciphertext of an attachment that a participant uploads, or has uploaded; its parts are in the blob store. */
@Entity('attachment')
@Check('attachment_received', 'received between 0 and bytes')
@Index('attachment_expiry', ['expiresAt'])
export class Attachment {
  /** URN of the participant that uploads it. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'attachment_pkey' })
  owner: string;

  @PrimaryColumn('uuid', { name: 'attachment_id', primaryKeyConstraintName: 'attachment_pkey' })
  attachmentId: string;

  /** Name of its parts in the blob store; known to nobody outside. */
  @Column('uuid', { name: 'blob_id' })
  blobId: string;

  /** Of the whole ciphertext, as its owner says; true once all bytes are received. */
  @Column('text')
  sha256: string;

  @Column('integer')
  bytes: number;

  /** All of them only when their hash is right. */
  @Column('integer')
  received: number;

  /** When an envelope named it first. */
  @Column('timestamptz', { name: 'named_at', nullable: true })
  namedAt: Date | null;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
