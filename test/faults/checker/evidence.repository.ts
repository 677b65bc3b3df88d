import pg from 'pg';
import type { SideEvidence, SignedRow } from './evidence.js';
import { ACCESS_RECORD } from './signed-bytes.js';

type Held = Pick<SideEvidence, 'signed' | 'received' | 'shown' | 'cursor' | 'quarantined'>;

/** Reads what an access point has on disk, past the program that wrote it. */
export class EvidenceRepository {
  private constructor(private readonly client: pg.Client) {}

  static async connect(serverUrl: string, database: string): Promise<EvidenceRepository> {
    const url = new URL(serverUrl);
    url.pathname = `/${database}`;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    return new EvidenceRepository(client);
  }

  async end(): Promise<void> {
    await this.client.end();
  }

  /** Envelopes without the hub's last word. */
  async undecided(): Promise<number> {
    const [row] = await this.rows<{ count: number }>(
      `select count(*)::int as count from access_point.outgoing_envelope where state = 'QUEUED' or (state = 'RECEIVED' and type <> '${ACCESS_RECORD}')`,
    );
    return row!.count;
  }

  async held(): Promise<Held> {
    const signed = await this.rows<SignedRow>(
      `select envelope_id as "envelopeId", leg_id as "legId", state, jws from access_point.outgoing_envelope order by producer_sequence`,
    );
    const received = await this.rows<Held['received'][number]>(
      `select envelope_id as "envelopeId", jws from access_point.received_envelope`,
    );
    const shown = await this.rows<Held['shown'][number]>(
      `select envelope_id as "envelopeId", leg_id as "legId" from access_point.message where direction = 'incoming' order by position`,
    );
    const [cursor] = await this.rows<Held['cursor']>(
      'select sequence::int as sequence, head from access_point.feed_cursor',
    );
    const [aside] = await this.rows<{ count: number }>(
      'select count(*)::int as count from access_point.quarantined_entry',
    );
    return { signed, received, shown, cursor: cursor ?? { sequence: 0, head: '' }, quarantined: aside!.count };
  }

  private async rows<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    return (await this.client.query<Row>(sql)).rows;
  }
}
