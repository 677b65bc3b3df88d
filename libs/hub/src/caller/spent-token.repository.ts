import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { orUnavailable } from '#libs/persistence';

@Injectable()
export class SpentTokenRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Spends a token, in one statement: of two calls at once, at whichever instances, one waits for the other's commit.
   *
   * @returns false when it was spent before
   * @throws SeraiError `ERR_DATABASE_UNAVAILABLE`
   */
  async spend(token: Buffer, forgetAt: Date): Promise<boolean> {
    const away = orUnavailable('Tokens can not be checked now. Try again later, with a fresh one.');
    const spent: unknown[] = await this.dataSource
      .query('insert into spent_token (token, forget_at) values ($1, $2) on conflict do nothing returning 1', [
        token,
        forgetAt,
      ])
      .catch(away);
    return spent.length === 1;
  }

  async forgetUntil(moment: Date): Promise<void> {
    await this.dataSource.query('delete from spent_token where forget_at <= $1', [moment]);
  }
}
