import { Inject, Injectable } from '@nestjs/common';
import { type BasisPage, TOPICS } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import type { LogRecord } from '#libs/evidence';
import { HubIdentity } from '#libs/hub';
import { AUDIT_CONFIG, type AuditConfig } from '../config.js';
import { LeafRepository, type StoredLeaf } from '../leaf/leaf.repository.js';
import { SaltWrap } from '../leaf/salt-wrap.js';
import { LoggedEvents } from './logged-events.js';

/** What statistics are counted from: leaves, opened, and the events that some of them stand for. */
@Injectable()
export class Basis {
  private readonly salts: SaltWrap;

  constructor(
    @Inject(AUDIT_CONFIG) { origin }: AuditConfig,
    identity: HubIdentity,
    private readonly leaves: LeafRepository,
    private readonly events: LoggedEvents,
  ) {
    this.salts = new SaltWrap(identity.keystore.secret('records'), origin);
  }

  /**
   * The leaves from `begin` up to, not with, `end`.
   *
   * @throws SeraiError ERR_BROKER_UNAVAILABLE, ERR_DATABASE_UNAVAILABLE; ERR_EVIDENCE_RULE for a leaf that was pruned, or an event that was changed
   */
  async of(begin: number, end: number): Promise<BasisPage['leaves']> {
    const stored = await this.leaves.stored(begin, end);
    const events = await this.events.of(stored.map(({ record }) => record).filter(isEvent));
    return stored.map((leaf) => {
      const { index, record } = leaf;
      const salt = this.saltOf(leaf).toString('base64url');
      return { index, record, salt, ...(isEvent(record) ? { event: events.get(record.messageHash) } : {}) };
    });
  }

  private saltOf({ index, wrappedSalt }: StoredLeaf): Buffer {
    if (wrappedSalt !== undefined) return this.salts.wrap(index, wrappedSalt);
    throw new SeraiError(
      'ERR_EVIDENCE_RULE',
      `Leaf ${index} was pruned, since its time was over: nobody can count from it any more.`,
    );
  }
}

const isEvent = ({ topic }: LogRecord): boolean => topic === TOPICS.requestEvents.name;
