import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { orUnavailable } from '#libs/persistence';

/** One attachment of a participant. */
export interface AttachmentRow {
  readonly attachmentId: string;
  readonly blobId: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly received: number;
  readonly isExpired: boolean;
}

/** What an envelope says of an attachment of its sender. */
export interface NamedAttachment {
  readonly owner: string;
  readonly attachmentId: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** An upload that begins. */
export interface NewAttachment extends NamedAttachment {
  readonly blobId: string;
  readonly expiresAt: Date;
}

const away = orUnavailable('The hub can not look after attachments now. Try again later.');

/** Uploaded ciphertexts: whose, how far, how long. */
@Injectable()
export class AttachmentRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Begins an upload, unless the owner has one with this id, or more unnamed bytes than `quota` with it.
   *
   * @returns whether it has begun, and how many bytes of the owner no envelope has named
   */
  async begin(upload: NewAttachment, quota: number): Promise<{ begun: boolean; unnamed: number }> {
    const [row]: { begun: number; unnamed: number }[] = await this.query(
      `with waiting as (
         select coalesce(sum(bytes), 0)::float8 as bytes from attachment where owner = $1 and named_at is null
       ), begun as (
         insert into attachment (owner, attachment_id, blob_id, sha256, bytes, received, expires_at)
         select $1, $2, $3, $4, $5, 0, $6 from waiting where waiting.bytes + $5::int <= $7
         on conflict do nothing
         returning 1
       )
       select (select count(*)::int from begun) as begun, (select bytes from waiting) as unnamed`,
      [upload.owner, upload.attachmentId, upload.blobId, upload.sha256, upload.bytes, upload.expiresAt, quota],
    );
    return { begun: row?.begun === 1, unnamed: row?.unnamed ?? 0 };
  }

  async find(owner: string, attachmentId: string): Promise<AttachmentRow | undefined> {
    const [row]: AttachmentRow[] = await this.query(
      `select attachment_id as "attachmentId", blob_id as "blobId", sha256, bytes, received, expires_at <= now() as "isExpired"
         from attachment
        where owner = $1 and attachment_id = $2`,
      [owner, attachmentId],
    );
    return row;
  }

  /** Counts received bytes; false when the upload is not where it was any more. */
  async advance(owner: string, attachmentId: string, from: number, to: number): Promise<boolean> {
    const rows: unknown[] = await this.query(
      `with moved as (
         update attachment set received = $4
          where owner = $1 and attachment_id = $2 and received = $3
         returning 1
       )
       select 1 from moved`,
      [owner, attachmentId, from, to],
    );
    return rows.length === 1;
  }

  /**
   * Keeps attachments that envelopes name until `keepUntil`, where they are whole and as the envelopes say.
   *
   * @returns of each, in the same order: `held`, `other` when the owner has something else under this id, `missing`
   */
  async name(named: readonly NamedAttachment[], keepUntil: Date): Promise<('held' | 'other' | 'missing')[]> {
    const rows: { outcome: 'held' | 'other' | 'missing' }[] = await this.query(
      `with claim as (
         select * from unnest($1::text[], $2::uuid[], $3::text[], $4::int[]) with ordinality
           as c (owner, attachment_id, sha256, bytes, nth)
       ), held as (
         update attachment a
            set named_at = coalesce(a.named_at, now()), expires_at = greatest(a.expires_at, $5)
           from claim c
          where (a.owner, a.attachment_id, a.sha256, a.bytes) = (c.owner, c.attachment_id, c.sha256, c.bytes)
            and a.received = a.bytes and a.expires_at > now()
         returning a.owner, a.attachment_id, a.sha256, a.bytes
       )
       select case when h.owner is not null then 'held'
                   when a.received = a.bytes and a.expires_at > now() then 'other'
                   else 'missing' end as outcome
         from claim c
              left join held h using (owner, attachment_id, sha256, bytes)
              left join attachment a on (a.owner, a.attachment_id) = (c.owner, c.attachment_id)
        order by c.nth`,
      [
        named.map(({ owner }) => owner),
        named.map(({ attachmentId }) => attachmentId),
        named.map(({ sha256 }) => sha256),
        named.map(({ bytes }) => bytes),
        keepUntil,
      ],
    );
    return rows.map(({ outcome }) => outcome);
  }

  /** Some whose time has been over for an hour: a call that came in before has ended then, and writes no part that nobody would know of. */
  findExpired(limit: number): Promise<{ owner: string; attachmentId: string; blobId: string; bytes: number }[]> {
    return this.query(
      `select owner, attachment_id as "attachmentId", blob_id as "blobId", bytes
         from attachment
        where expires_at <= now() - interval '1 hour'
        order by expires_at
        limit $1`,
      [limit],
    );
  }

  async forget(owner: string, attachmentId: string): Promise<void> {
    await this.query('delete from attachment where owner = $1 and attachment_id = $2', [owner, attachmentId]);
  }

  private query<Row>(sql: string, parameters: unknown[]): Promise<Row[]> {
    return this.dataSource.query<Row[]>(sql, parameters).catch(away);
  }
}
