import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { FEEDS_SUBJECT, feedDisputed, type HeaderOf } from '#libs/contracts';
import { hashOf } from '#libs/envelope';
import { inTransaction } from '#libs/persistence';
import { LOGGER, type Logger } from '#libs/telemetry';
import { Identity } from '../identity.js';
import { Outgoing } from '../outgoing/outgoing.service.js';
import type { FeedBreak } from './feed-break.js';
import type { FeedPosition } from './feed-chain.js';
import { insertDispute } from './feed-dispute.repository.js';

/** Reports breaks of the feed: to the operator in log, readiness and metrics, to the hub as a signed envelope. */
@Injectable()
export class FeedDisputes {
  constructor(
    private readonly dataSource: DataSource,
    private readonly identity: Identity,
    private readonly outgoing: Outgoing,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Keeps what was met behind a position and queues the report: once for each position, however often it is met. */
  async report(after: FeedPosition, found: FeedBreak): Promise<void> {
    const envelopeId = v7();
    const metAt = new Date();
    const isNew = await inTransaction(this.dataSource, async (tx) => {
      if (!(await insertDispute(tx, { after, found, metAt, envelopeId }))) return false;
      await this.outgoing.queueAlone(tx, {
        specversion: '1.0',
        id: envelopeId,
        source: this.identity.participant,
        type: feedDisputed.type,
        subject: FEEDS_SUBJECT,
        time: metAt.toISOString(),
        datacontenttype: 'application/json',
        realm: this.identity.realm,
        data: { header: headerOf(after, found, metAt) },
      });
      return true;
    });
    if (!isNew) return;
    const { code, fault, met } = found;
    this.logger.error(
      { code, fault, after: after.sequence, met: met?.sequence, report: envelopeId },
      'the feed does not fit: nothing behind that entry is applied, and the hub is told',
    );
  }
}

function headerOf(
  { sequence, head }: FeedPosition,
  { fault, met }: FeedBreak,
  metAt: Date,
): HeaderOf<typeof feedDisputed> {
  return {
    after: { sequence, hash: head },
    fault,
    ...(met ? { met: { sequence: met.sequence, hash: met.hash, event: hashOf(met.event) } } : {}),
    metAt: metAt.toISOString(),
  };
}
