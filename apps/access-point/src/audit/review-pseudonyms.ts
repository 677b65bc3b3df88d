import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { AuditRecord } from '#libs/contracts';

/** Names officers in joint reviews: the same one in all of a review, another one in the next. Only this access point knows who it is. */
export class ReviewPseudonyms {
  private readonly key: KeyObject;

  constructor(recordsSecret: Uint8Array) {
    this.key = createSecretKey(createHmac('sha256', recordsSecret).update('serai review pseudonyms').digest());
  }

  of(officer: string, review: string): string {
    const digest = createHmac('sha256', this.key)
      .update(JSON.stringify([review, officer]))
      .digest('hex');
    return `o-${digest.slice(0, 32)}`;
  }

  /**
   * A record without what only its own participant may know: who it was, and what people searched for and why. Messages name nobody: their signed headers do, and whoever
   * has these could tell from them whose the pseudonym is.
   */
  forReview({ officer, reason: _reason, criteria: _criteria, ...record }: AuditRecord, review: string): AuditRecord {
    if (officer === undefined || record.action === 'SENT' || record.action === 'RECEIVED') return record;
    return { ...record, officer: this.of(officer, review) };
  }
}
