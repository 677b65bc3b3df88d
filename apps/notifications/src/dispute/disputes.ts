import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type FeedFinding, feedDisputeAnswered, type feedDisputed, type HeaderOf } from '#libs/contracts';
import { FEED_GENESIS, feedHash, type VerifiedEnvelope } from '#libs/envelope';
import { LOGGER, type Logger, Metrics } from '#libs/telemetry';
import { type Notice, noticeOf } from '../publish/notice.publisher.js';
import { DisputeRepository, type Neighbours } from './dispute.repository.js';

type Report = VerifiedEnvelope<HeaderOf<typeof feedDisputed>>;

/**
 * Holds a participant's report about its feed against the feed itself, and keeps and answers what it finds. The feed needs no mending by hand where it is
 * intact: the participant reads again from its last good entry, and is served what stands there.
 */
@Injectable()
export class Disputes {
  constructor(
    private readonly repository: DisputeRepository,
    metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    metrics.gauge(
      {
        name: 'serai_notifications_feed_disputes',
        help: 'Reports of participants that their feed does not fit, by what was found in the feed here.',
        labelNames: ['finding'],
      },
      async (gauge) => {
        const counts = await repository.countByFinding().catch(() => []);
        for (const { finding, count } of counts) gauge.set({ finding }, count);
      },
    );
  }

  /** @returns the answer, to be published in the same transaction */
  async take(tx: EntityManager, report: Report, at: Date): Promise<Notice> {
    const { id, type, source, subject, data } = report.event;
    const { after, fault } = data.header;
    const finding = findingOf(after, await this.repository.neighbours(tx, source, after.sequence));
    const dispute = {
      envelopeId: id,
      participant: source,
      afterSequence: after.sequence,
      fault,
      finding,
      reportedAt: at,
    };
    await this.repository.insert(tx, dispute);
    this.logger.error({ code: 'ERR_FEED_BROKEN', report: id, fault, finding }, 'a participant disputes its feed');
    const envelope = { id, type, source, sha256: report.sha256 };
    const header = { audience: [source], envelope, answeredAt: at.toISOString(), after, finding };
    return noticeOf(feedDisputeAnswered, subject, header, report);
  }
}

/** What the feed here says about a position that was reached elsewhere. */
export function findingOf(after: { sequence: number; hash: string }, { end, hash, next }: Neighbours): FeedFinding {
  const ours = after.sequence === 0 ? FEED_GENESIS : hash;
  if (ours !== after.hash) return 'FORKED';
  if (next === null) return end === after.sequence ? 'INTACT' : 'DAMAGED';
  return next.event !== null && next.hash === feedHash(after.hash, next.event) ? 'INTACT' : 'DAMAGED';
}
