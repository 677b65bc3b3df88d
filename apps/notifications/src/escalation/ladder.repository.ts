import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { CommunityLadder, Ladder } from '#libs/contracts';
import { orUnavailable } from '#libs/persistence';

/** A ladder that an operator sets. */
export interface SetLadder {
  readonly ladderId: string;
  readonly effectiveFrom: Date;
  readonly ladder: Ladder;
  readonly at: Date;
  /** Key of the operator. */
  readonly by: string;
  readonly reason: string;
}

interface Row {
  readonly ladderId: string;
  readonly effectiveFrom: Date;
  readonly ladder: Ladder;
  readonly at: Date | null;
  readonly by: string;
  readonly reason: string;
}

const LADDERS = `
  select id as "ladderId", effective_from as "effectiveFrom", ladder, set_at as at, set_by as by, reason from ladder_profile`;
const AWAY = orUnavailable('The ladders of the community can not be reached now. Try again later.');

/** Every query of the community's ladders but the one that takes the ladder in force for a delivery. */
@Injectable()
export class LadderRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Adds a ladder, unless one has its id. */
  async insert({ ladderId, effectiveFrom, ladder, at, by, reason }: SetLadder): Promise<void> {
    await this.dataSource
      .query(
        `insert into ladder_profile (id, effective_from, ladder, set_at, set_by, reason) values ($1, $2, $3::jsonb, $4, $5, $6)
         on conflict (id) do nothing`,
        [ladderId, effectiveFrom, JSON.stringify(ladder), at, by, reason],
      )
      .catch(AWAY);
  }

  async find(ladderId: string): Promise<CommunityLadder | undefined> {
    const rows: Row[] = await this.dataSource.query(`${LADDERS} where id = $1`, [ladderId]).catch(AWAY);
    return rows.map(toLadder)[0];
  }

  /** The newest first: of those that have begun, the first holds. */
  async newest(limit: number): Promise<CommunityLadder[]> {
    const rows: Row[] = await this.dataSource
      .query(`${LADDERS} order by effective_from desc, set_at desc nulls last limit $1`, [limit])
      .catch(AWAY);
    return rows.map(toLadder);
  }
}

function toLadder({ ladderId, effectiveFrom, ladder, at, by, reason }: Row): CommunityLadder {
  const set = at === null ? {} : { set: { at: at.toISOString(), by, reason } };
  return { ladderId, effectiveFrom: effectiveFrom.toISOString(), ladder, ...set };
}
