import { type Distribution, distributionOf } from '../statistics/distribution.js';
import { STAGES, type Stage } from './protocol.js';

/** One exchange on its way. */
export interface Exchange {
  /** When it was to begin: what waits behind a late timer or a full queue waits for us. Milliseconds of the load's clock. */
  readonly dueAt: number;
  readonly reached: Partial<Record<Stage, number>>;
  /** Once it was answered. */
  legId?: string;
}

/** An exchange has finished when both sides hold it. */
const LAST: readonly Stage[] = ['inbox', 'delivered'];

/**
 * Keeps the exchanges of one load and when each reached which point. Live events name legs and envelopes, and may come before the answer that tells
 * which exchange those are.
 */
export class ExchangeBook {
  readonly refusals: Record<string, number> = {};
  readonly finishedAt: number[] = [];
  private readonly exchanges: Exchange[] = [];
  private readonly byId = new Map<string, Exchange>();
  private readonly early = new Map<string, [Stage, number][]>();
  private refused = 0;
  private idle = Promise.withResolvers<void>();

  get begun(): number {
    return this.exchanges.length;
  }

  /** Exchanges that have neither finished nor been refused. */
  get open(): number {
    return this.exchanges.length - this.finishedAt.length - this.refused;
  }

  begin(dueAt: number): Exchange {
    const exchange: Exchange = { dueAt, reached: {} };
    this.exchanges.push(exchange);
    return exchange;
  }

  /** The access point has answered with the ids by which live events will name the exchange. */
  answered(exchange: Exchange, ids: readonly [legId: string, envelopeId: string], at: number): void {
    exchange.legId = ids[0];
    this.reach(exchange, 'answered', at);
    for (const id of ids) {
      this.byId.set(id, exchange);
      for (const [stage, earlier] of this.early.get(id) ?? []) this.reach(exchange, stage, earlier);
      this.early.delete(id);
    }
  }

  refuse(code: string): void {
    this.refusals[code] = (this.refusals[code] ?? 0) + 1;
    this.refused += 1;
    this.settle();
  }

  /** A live event has told that the exchange with this leg or envelope is at this point. */
  saw(stage: Stage, id: string, at: number): void {
    const exchange = this.byId.get(id);
    if (exchange) this.reach(exchange, stage, at);
    else this.early.set(id, [...(this.early.get(id) ?? []), [stage, at]]);
  }

  /** Resolves when fewer exchanges than `limit` are open. */
  async untilFewerThan(limit: number): Promise<void> {
    while (this.open >= limit) await this.idle.promise;
  }

  /** Times to each point, of the exchanges that reached it. */
  stages(): Partial<Record<Stage, Distribution>> {
    const all = STAGES.map((stage) => {
      const times = this.exchanges.flatMap(({ dueAt, reached }) => {
        const at = reached[stage];
        return at === undefined ? [] : [at - dueAt];
      });
      return [stage, distributionOf(times)] as const;
    });
    return Object.fromEntries(all.filter(([, distribution]) => distribution !== undefined));
  }

  /** The finished exchange at a percentile of the times to the inbox; undefined when none has finished. */
  atPercentile(percent: number): Exchange | undefined {
    const timeOf = ({ dueAt, reached }: Exchange): number => reached.inbox! - dueAt;
    const finished = this.exchanges.filter(({ reached }) => LAST.every((last) => reached[last] !== undefined));
    return finished.sort((a, b) => timeOf(a) - timeOf(b))[Math.ceil((percent / 100) * finished.length) - 1];
  }

  private reach(exchange: Exchange, stage: Stage, at: number): void {
    if (exchange.reached[stage] !== undefined) return;
    exchange.reached[stage] = at;
    if (!LAST.includes(stage) || LAST.some((last) => exchange.reached[last] === undefined)) return;
    this.finishedAt.push(at);
    this.settle();
  }

  private settle(): void {
    this.idle.resolve();
    this.idle = Promise.withResolvers<void>();
  }
}
