import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuid7 } from 'uuid';
import { type StatisticsPeriod, statisticsIssued } from '#libs/contracts';
import { signEnvelope } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { countedEvent, pairClassesOf, STATISTICS_RULES, StatisticsCount } from '#libs/evidence';
import { HubDirectory, HubIdentity } from '#libs/hub';
import { LOGGER, type Logger } from '#libs/telemetry';
import type { Directory } from '#libs/trust';
import { Basis } from './basis.js';
import { CompleteCheckpoint } from './complete-checkpoint.js';
import { StatisticsRepository } from './statistics.repository.js';

const LEAVES_AT_ONCE = 8_192;

/** Counts the log and signs what it counted, one period after the other. */
@Injectable()
export class StatisticsIssuer {
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly basis: Basis,
    private readonly checkpoints: CompleteCheckpoint,
    private readonly repository: StatisticsRepository,
    private readonly directory: HubDirectory,
    private readonly identity: HubIdentity,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * The statement about a period, the same each time; counts nothing else meanwhile.
   *
   * @throws SeraiError ERR_STATISTICS_PERIOD for one that is not over, or overlaps another one; ERR_EVIDENCE_PENDING, ERR_BROKER_UNAVAILABLE
   */
  async issue(period: StatisticsPeriod): Promise<string> {
    assertOver(period);
    const work = this.last.then(() => this.issued(period));
    this.last = work.catch(() => undefined);
    return work;
  }

  private async issued(period: StatisticsPeriod): Promise<string> {
    const known = await this.find(period);
    if (known !== undefined) return known;
    const checkpoint = await this.checkpoints.ofAllEvents();
    const directory = this.directory.current;
    const { openings, size } = await this.basis.earlier();
    const table = await this.count(period, size + checkpoint.size, directory);
    const statement = await this.sign({
      audience: '*',
      rules: STATISTICS_RULES,
      ...period,
      checkpoint: checkpoint.text,
      ...(openings.length > 0 ? { openings } : {}),
      directory: { version: directory.version, head: directory.head },
      table,
    });
    await this.repository.add(period, statement);
    // Of two instances that counted at the same time, the first one is what was issued.
    return (await this.find(period)) ?? statement;
  }

  private async find(period: StatisticsPeriod): Promise<string | undefined> {
    const found = await this.repository.of(period);
    if (found === 'overlapping') throw refused('Statistics were issued for another period that overlaps this one.');
    return found?.statement;
  }

  private async count({ from, to }: StatisticsPeriod, size: number, directory: Directory) {
    const count = new StatisticsCount({ from: Date.parse(from), to: Date.parse(to) }, pairClassesOf(directory));
    for (let begin = 0; begin < size; begin += LEAVES_AT_ONCE) {
      const end = Math.min(size, begin + LEAVES_AT_ONCE);
      for (const { record, event } of await this.basis.of(begin, end)) {
        if (event !== undefined) count.add(record.acceptedAt, await countedEvent(event, record.acceptedAt, directory));
      }
      this.logger.info({ from, to, leaves: end, size }, 'statistics are being counted');
    }
    return count.table();
  }

  private async sign(header: Record<string, unknown>): Promise<string> {
    const { urn: source, realm, signer } = this.identity;
    const { jws } = await signEnvelope(
      {
        specversion: '1.0',
        id: uuid7(),
        source,
        type: statisticsIssued.type,
        subject: uuid7(),
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        realm,
        data: { header },
      },
      signer,
    );
    return jws;
  }
}

function assertOver({ from, to }: StatisticsPeriod): void {
  if (from >= to) throw refused('The period must begin before it ends.');
  if (Date.parse(to) > Date.now()) throw refused('The period is not over yet.');
}

const refused = (message: string): SeraiError => new SeraiError('ERR_STATISTICS_PERIOD', message);
