import { type BasisPage, MAX_COUNTING_MS, type StatisticsWithDirectory } from '#libs/contracts';
import { LegActs } from './leg-acts.js';
import type { BodyOf } from './transport/transport.js';

/** What an officer of the Secretariat does beside that. */
export abstract class SecretariatActs extends LegActs {
  /** Statistics of a period that is over, as the hub signs them. */
  async issueStatistics(body: BodyOf<'issueStatistics'>): Promise<StatisticsWithDirectory> {
    return this.transport.call('issueStatistics', { body, attemptMs: MAX_COUNTING_MS });
  }

  /** The first so many leaves of the log with their events, which statistics are counted from; pages are fetched as they are needed. */
  async *statisticsBasis(size: number, reason: string): AsyncGenerator<BasisPage['leaves'][number], void, undefined> {
    for (let begin = 0; begin < size; ) {
      const { leaves } = await this.transport.call('getStatisticsBasis', { query: { begin, reason } });
      // A log that ends earlier is for the verifier to complain of.
      if (leaves.length === 0) return;
      yield* leaves.slice(0, size - begin);
      begin += leaves.length;
    }
  }
}
