import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An upload of an officer that no message has taken yet. Its name, type and keys lie in the vault under its id. */
@Entity('attachment_draft')
@Check('attachment_draft_state', `state in ('OPEN', 'READY', 'TAKEN')`)
@Index('attachment_draft_expiry', ['expiresAt'])
export class AttachmentDraft {
  @PrimaryColumn('uuid', { name: 'attachment_id' })
  attachmentId: string;

  /** Who uploads it, in the words of the identity provider; nobody else reaches it. */
  @Column('text')
  subject: string;

  @Column('text')
  state: 'OPEN' | 'READY' | 'TAKEN';

  /** Size of the file. */
  @Column('integer')
  bytes: number;

  @Column('integer')
  received: number;

  /** Where its bytes lie while they come. */
  @Column('uuid', { name: 'staged_blob_id' })
  stagedBlobId: string;

  /** Whether they lie there still. */
  @Column('boolean')
  staged: boolean;

  /** Where its ciphertext lies. */
  @Column('uuid', { name: 'blob_id' })
  blobId: string;

  @Column('integer', { name: 'ciphertext_bytes', nullable: true })
  ciphertextBytes: number | null;

  @Column('text', { nullable: true })
  sha256: string | null;

  @Column({ name: 'expires_at', type: 'timestamptz', precision: 3 })
  expiresAt: Date;
}

/** An attachment of a message, and how far its ciphertext has been carried to or from the hub. Its key is in the content of the message. */
@Entity('attachment')
@Check('attachment_direction', `direction in ('incoming', 'outgoing')`)
@Check('attachment_state', `state in ('WAITING', 'READY', 'REFUSED')`)
@Index('attachment_of_leg', ['legId'])
@Index('attachment_waiting', ['nextAttemptAt'], { where: `state = 'WAITING'` })
export class Attachment {
  @PrimaryColumn('uuid', { name: 'envelope_id', primaryKeyConstraintName: 'attachment_pkey' })
  envelopeId: string;

  @PrimaryColumn('uuid', { name: 'attachment_id', primaryKeyConstraintName: 'attachment_pkey' })
  attachmentId: string;

  @Column('uuid', { name: 'leg_id' })
  legId: string;

  @Column('text')
  direction: 'incoming' | 'outgoing';

  /** Several legs of a request share the ciphertext. */
  @Column('uuid', { name: 'blob_id' })
  blobId: string;

  /** Size of the ciphertext. */
  @Column('integer')
  bytes: number;

  /** Of the ciphertext, as the signed header says. */
  @Column('text')
  sha256: string;

  @Column('integer')
  carried: number;

  @Column('text')
  state: 'WAITING' | 'READY' | 'REFUSED';

  /** Why it was given up, or why the last try failed. */
  @Column('text', { nullable: true })
  code: string | null;

  @Column('integer')
  attempts: number;

  @Column({ name: 'next_attempt_at', type: 'timestamptz', precision: 3 })
  nextAttemptAt: Date;
}
