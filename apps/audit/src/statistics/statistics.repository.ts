import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { StatisticsPeriod } from '#libs/contracts';
import { orUnavailable } from '#libs/persistence';
import { HeldLogs } from '../epoch/held-logs.js';

const AWAY = orUnavailable('The statistics can not be reached now. Try again later.');

type Issued = { readonly statement: string } | 'overlapping' | undefined;

/** Every query of issued statistics. */
@Injectable()
export class StatisticsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly logs: HeldLogs,
  ) {}

  /** A statement about this very period, or undefined where none overlaps it; `overlapping` for another one that does. Those of earlier logs count. */
  async of(period: StatisticsPeriod): Promise<Issued> {
    for (const { database } of this.logs.all) {
      const found = await this.issuedIn(database, period);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private async issuedIn(database: DataSource, { from, to }: StatisticsPeriod): Promise<Issued> {
    const [row]: { statement: string; is_same: boolean }[] = await database
      .query(
        `select statement, begins_at = $1 and ends_at = $2 as is_same from statistics
         where tstzrange(begins_at, ends_at) && tstzrange($1, $2) order by is_same desc limit 1`,
        [from, to],
      )
      .catch(AWAY);
    if (row === undefined) return undefined;
    return row.is_same ? { statement: row.statement } : 'overlapping';
  }

  /** Adds nothing where somebody else was first with a period that overlaps it. */
  async add({ from, to }: StatisticsPeriod, statement: string): Promise<void> {
    await this.dataSource
      .query('insert into statistics (begins_at, ends_at, statement) values ($1, $2, $3) on conflict do nothing', [
        from,
        to,
        statement,
      ])
      .catch(AWAY);
  }
}
