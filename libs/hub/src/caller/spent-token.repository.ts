import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { orUnavailable } from '#libs/persistence';
import { SPEND_TOKEN, type TokenTicket } from './token-ticket.js';

@Injectable()
export class SpentTokenRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Spends a token.
   *
   * @returns false when it was spent before
   * @throws SeraiError `ERR_DATABASE_UNAVAILABLE`
   */
  async spend({ token, forgetAt }: TokenTicket): Promise<boolean> {
    const away = orUnavailable('Tokens can not be checked now. Try again later, with a fresh one.');
    const spent: unknown[] = await this.dataSource
      .query(`with ${SPEND_TOKEN} select from spent`, [token, forgetAt])
      .catch(away);
    return spent.length === 1;
  }

  async forgetUntil(moment: Date): Promise<void> {
    await this.dataSource.query('delete from spent_token where forget_at <= $1', [moment]);
  }
}
