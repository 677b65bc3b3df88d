import pg from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions, runMigrations } from '#libs/persistence';
import { findRecords, type RecordSearch } from '../../../apps/access-point/src/audit/audit-search.repository.js';
import { databaseSettings } from '../../../apps/access-point/src/database/database-settings.js';

const DATABASE = 'serai_bench_audit';
const LEGS_AT_ONCE = 10_000;
/** Five messages and two looks. */
export const RECORDS_PER_LEG = 7;

/** The database of an access point on the measured server, filled as years would. Values are as unevenly frequent as they are in life. */
export class MeasuredRecords {
  private legs = 0;

  private constructor(
    private readonly adminUrl: string,
    private readonly dataSource: DataSource,
  ) {}

  static async create(adminUrl: string): Promise<MeasuredRecords> {
    await administer(adminUrl, `create database ${DATABASE}`);
    const address = new URL(adminUrl);
    address.pathname = `/${DATABASE}`;
    const dataSource = await new DataSource(dataSourceOptions(databaseSettings(address.href))).initialize();
    await runMigrations(dataSource);
    return new MeasuredRecords(adminUrl, dataSource);
  }

  get records(): number {
    return this.legs * RECORDS_PER_LEG;
  }

  /** Adds legs, each a minute younger than the one before, with their messages and looks: the triggers of the access point keep the records. */
  async fill(legs: number): Promise<void> {
    for (const last = this.legs + legs; this.legs < last; ) {
      const next = Math.min(this.legs + LEGS_AT_ONCE, last);
      await this.dataSource.transaction(async (tx) => {
        for (const statement of [LEGS, MESSAGES, LOOKS]) await tx.query(statement, [this.legs + 1, next]);
      });
      this.legs = next;
    }
    await this.dataSource.query('vacuum analyze');
  }

  /** A page, as an officer would be shown. */
  async search(criteria: RecordSearch['criteria']): Promise<number> {
    const search = { criteria, actsOf: undefined, before: undefined, limit: 51 };
    return (await findRecords(this.dataSource.manager, search)).length;
  }

  /** What one look-up by a primary key is here. */
  async lookUp(nth: number): Promise<void> {
    await this.dataSource.query(`select * from leg where leg_id = ${idOf('leg', '$1::int')}`, [nth]);
  }

  legId(nth: number): string {
    return `00000000-0000-7000-8000-${String(nth).padStart(12, '0')}`;
  }

  async drop(): Promise<void> {
    await this.dataSource.destroy();
    await administer(this.adminUrl, `drop database ${DATABASE} with (force)`);
  }
}

const KINDS = { leg: '8000', message: '9000', look: 'a000' } as const;
const idOf = (kind: keyof typeof KINDS, nth: string): string =>
  `('00000000-0000-7000-${KINDS[kind]}-' || lpad((${nth})::text, 12, '0'))::uuid`;
/** 1 to `most`, small numbers far more often, the same for the same seed. */
const uneven = (seed: string, most: number): string =>
  `(1 + floor(power(abs(hashint8((${seed})::bigint)::bigint) / 2147483649.0, 3) * ${most}))::int`;
const pick = (seed: string, values: readonly string[]): string =>
  `(array['${values.join("','")}'])[${uneven(seed, values.length)}]`;
const at = (leg: string): string => `timestamptz '2020-01-01T00:00:00Z' + (${leg}) * interval '1 minute'`;
const peer = `'urn:serai:participant:p' || ${uneven('n', 40)}`;
const desk = (seed: string): string => `'urn:serai:desk:rs:d' || ${uneven(seed, 12)}`;
const officer = (seed: string): string => `'o-' || lpad((${uneven(seed, 400)})::text, 16, '0')`;

const LEGS = `
  insert into leg (leg_id, request_id, direction, own_desk, kind, priority, requester_participant, requester_desk, addressee_participant,
                   addressee_desk, items, submission_id, created_at, version, state, status, due_at, overdue, assigned)
  select ${idOf('leg', 'n')}, ${idOf('leg', 'n')}, 'outgoing', ${desk('n')}, 'IDENTITY', 'ROUTINE', 'urn:serai:participant:rs', ${desk('n')},
         ${peer}, 'urn:serai:desk:p:ncc', 1, ${idOf('message', 'n * 5')}, ${at('n')}, 5,
         jsonb_build_object('legId', ${idOf('leg', 'n')}, 'excused', n % 500 = 0, 'filler', repeat('x', 500),
                            'outcome', ${pick('n + 1', ['IDENTIFIED', 'NOT_IDENTIFIED', 'NO_USE', 'TOO_LATE'])}),
         ${pick('n + 2', ['CLOSED', 'ANSWERED', 'REFUSED', 'WITHDRAWN', 'DELIVERED'])}, ${at('n + 240')}, n % 50 = 0, false
    from generate_series($1::int, $2::int) n`;

const MESSAGES = `
  insert into message (envelope_id, leg_id, direction, type, time, header, content)
  select ${idOf('message', 'n * 5 + m')}, ${idOf('leg', 'n')}, case m % 2 when 1 then 'outgoing' else 'incoming' end,
         (array['serai.requests.request.submitted.v1', 'serai.requests.leg.delivered.v1', 'serai.requests.leg.read.v1',
                'serai.requests.leg.refused.v1', 'serai.requests.leg.closed.v1'])[m], ${at('n')} + m * interval '20 seconds',
         jsonb_build_object('sender', jsonb_build_object('participant', ${peer}, 'desk', ${desk('n * 5 + m')}, 'officer', ${officer('n * 5 + m')}),
                            'recipient', jsonb_build_object('participant', ${peer}),
                            'purpose', case m when 1 then ${pick('n + 3', ['INVESTIGATION', 'DETECTION', 'PREVENTION'])} end,
                            'ground', case m when 4 then ${pick('n + 4', ['NOT_AVAILABLE', 'DISPROPORTIONATE', 'NO_LEGAL_BASIS'])} end),
         'STORED'
    from generate_series($1::int, $2::int) n, generate_series(1, 5) m`;

const LOOKS = `
  insert into access_log (entry_id, at, action, subject, officer, desk, purpose, leg_id, operation)
  select ${idOf('look', 'n * 2 + m')}, ${at('n')} + m * interval '25 seconds', case when n % 1000 = 0 then 'DENIED' else 'CONSULTED' end, 's',
         ${officer('n * 2 + m')}, ${desk('n * 2 + m')}, ${pick('n + 3', ['INVESTIGATION', 'DETECTION', 'PREVENTION'])}, ${idOf('leg', 'n')}, 'readContent'
    from generate_series($1::int, $2::int) n, generate_series(1, 2) m`;

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
