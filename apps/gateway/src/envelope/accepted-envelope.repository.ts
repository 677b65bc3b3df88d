import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { orUnavailable } from '#libs/persistence';

/** What an envelope asks for: its id and its producer's number, for these bytes and no others. */
export interface EnvelopeClaim {
  readonly id: string;
  readonly producer: string;
  readonly producerSeq: string;
  readonly sha256: string;
}

// Rows go in by id, so that two batches with common envelopes lock them in one order.
const INSERT = `
  insert into accepted_envelope (id, producer, producer_seq, sha256, received_at)
  select id, producer, producer_seq, sha256, $5
    from unnest($1::uuid[], $2::text[], $3::numeric[], $4::text[]) as claim (id, producer, producer_seq, sha256)
   order by id
  on conflict do nothing
  returning sha256`;

// A separate statement: it sees what a concurrent request committed while the insert waited for it.
const HELD = `
  select claim.sha256
    from unnest($1::uuid[], $2::text[], $3::numeric[], $4::text[]) as claim (id, producer, producer_seq, sha256)
    join accepted_envelope held using (id, producer, producer_seq, sha256)`;

@Injectable()
export class AcceptedEnvelopeRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Takes ids and numbers for envelopes, all in one statement.
   *
   * @returns the hashes of the envelopes that hold their id and number now, whether taken by this call or before
   * @throws SeraiError `ERR_DATABASE_UNAVAILABLE`
   */
  async claim(claims: readonly EnvelopeClaim[], receivedAt: Date): Promise<ReadonlySet<string>> {
    const columns = [
      claims.map(({ id }) => id),
      claims.map(({ producer }) => producer),
      claims.map(({ producerSeq }) => producerSeq),
      claims.map(({ sha256 }) => sha256),
    ];
    const taken = await this.hashes(INSERT, [...columns, receivedAt]);
    return taken.size === claims.length ? taken : this.hashes(HELD, columns);
  }

  private async hashes(sql: string, parameters: unknown[]): Promise<Set<string>> {
    const away = orUnavailable('The hub can not take envelopes now. Try again later.');
    const rows: { sha256: string }[] = await this.dataSource.query(sql, parameters).catch(away);
    return new Set(rows.map(({ sha256 }) => sha256));
  }
}
