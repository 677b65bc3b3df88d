import { Injectable } from '@nestjs/common';
import { DataSource, MoreThan } from 'typeorm';
import type { FindingKind } from '#libs/contracts';
import { orUnavailable } from '#libs/persistence';
import { Finding } from './finding.entity.js';

const AWAY = orUnavailable('The findings can not be reached now. Try again later.');

/** What operators read of the findings. */
@Injectable()
export class FindingRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * In the order in which they were written down.
   *
   * @param after number of the last one that was seen; `0` for none
   * @param kind undefined for all
   */
  async page(after: string, limit: number, kind: FindingKind | undefined): Promise<Finding[]> {
    return this.dataSource
      .getRepository(Finding)
      .find({
        where: { id: MoreThan(after), ...(kind === undefined ? {} : { kind }) },
        order: { id: 'ASC' },
        take: limit,
      })
      .catch(AWAY);
  }
}
