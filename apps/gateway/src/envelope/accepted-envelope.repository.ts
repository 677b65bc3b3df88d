import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { SPEND_TOKEN, type TokenTicket } from '#libs/hub';
import { orUnavailable } from '#libs/persistence';

/** What an envelope asks for: its id and its producer's number, for these bytes and no others. */
export interface EnvelopeClaim {
  readonly id: string;
  readonly producer: string;
  readonly producerSeq: string;
  readonly sha256: string;
}

// Rows go in by id, so that two batches with common envelopes lock them in one order.
const CLAIM = `
  with ${SPEND_TOKEN}, taken as (
    insert into accepted_envelope (id, producer, producer_seq, sha256, received_at)
    select id, producer, producer_seq, sha256, $7
      from unnest($3::uuid[], $4::text[], $5::numeric[], $6::text[]) as claim (id, producer, producer_seq, sha256)
     where exists (select from spent)
     order by id
    on conflict do nothing
    returning sha256
  )
  select exists (select from spent) as spent, array(select sha256 from taken) as taken`;

// A separate statement: it sees what a concurrent request committed while the insert waited for it.
const HELD = `
  select claim.sha256
    from unnest($1::uuid[], $2::text[], $3::numeric[], $4::text[]) as claim (id, producer, producer_seq, sha256)
    join accepted_envelope held using (id, producer, producer_seq, sha256)`;

const AWAY = orUnavailable('The hub can not take envelopes now. Try again later.');

@Injectable()
export class AcceptedEnvelopeRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Spends the token of a call, and takes ids and numbers for its envelopes, all in one statement.
   *
   * @returns the hashes of the envelopes that hold their id and number now, whether taken by this call or before; undefined when the token was spent
   *   before, and nothing is taken
   * @throws SeraiError `ERR_DATABASE_UNAVAILABLE`
   */
  async claim(
    { token, forgetAt }: TokenTicket,
    claims: readonly EnvelopeClaim[],
    receivedAt: Date,
  ): Promise<ReadonlySet<string> | undefined> {
    const columns = [
      claims.map(({ id }) => id),
      claims.map(({ producer }) => producer),
      claims.map(({ producerSeq }) => producerSeq),
      claims.map(({ sha256 }) => sha256),
    ];
    const [outcome]: { spent: boolean; taken: string[] }[] = await this.dataSource
      .query(CLAIM, [token, forgetAt, ...columns, receivedAt])
      .catch(AWAY);
    if (!outcome!.spent) return undefined;
    if (outcome!.taken.length === claims.length) return new Set(outcome!.taken);
    const held: { sha256: string }[] = await this.dataSource.query(HELD, columns).catch(AWAY);
    return new Set(held.map(({ sha256 }) => sha256));
  }
}
