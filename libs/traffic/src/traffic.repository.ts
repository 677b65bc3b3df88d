import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { TrafficPolicy } from './allowance.js';
import type { DailyTotal } from './daily-use.js';

@Injectable()
export class TrafficRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  policies(): Promise<TrafficPolicy[]> {
    return this.dataSource.query(`
      select caller, effective_from as "effectiveFrom", per_second as "perSecond", burst, per_day as "perDay"
        from traffic_policy`);
  }

  /** Adds what this instance counted, and says what all of them have counted. */
  async tell(used: readonly DailyTotal[]): Promise<DailyTotal[]> {
    if (used.length === 0) return [];
    return this.dataSource.query(
      `insert into traffic_use as u (caller, day, used)
       select caller, day, used from unnest($1::text[], $2::date[], $3::float8[]) as told (caller, day, used) order by caller
       on conflict (caller, day) do update set used = u.used + excluded.used
       returning caller, to_char(day, 'YYYY-MM-DD') as day, used`,
      [used.map(({ caller }) => caller), used.map(({ day }) => day), used.map((total) => total.used)],
    );
  }

  async forgetUseBefore(day: Date): Promise<void> {
    await this.dataSource.query('delete from traffic_use where day < $1', [day]);
  }
}
