import { Injectable } from '@nestjs/common';
import type { SignedEnvelope } from '#libs/envelope';

/** What the hub has not answered within so many envelopes is verified like any other. */
const MOST_REMEMBERED = 10_000;

/** What one of our own envelopes says of itself. */
export interface OwnEnvelope {
  readonly id: string;
  readonly type: string;
  readonly legId: string;
}

/** Envelopes that this process has just signed, by the SHA-256 of their bytes: when the hub hands them back, nobody needs to verify our own signature. */
@Injectable()
export class OwnEnvelopes {
  private readonly bySha256 = new Map<string, OwnEnvelope>();

  remember(signed: readonly SignedEnvelope[]): void {
    for (const { sha256, event } of signed) {
      this.bySha256.set(sha256, { id: event.id, type: event.type, legId: event.subject });
    }
    for (const sha256 of this.bySha256.keys()) {
      if (this.bySha256.size <= MOST_REMEMBERED) break;
      this.bySha256.delete(sha256);
    }
  }

  find(sha256: string): OwnEnvelope | undefined {
    return this.bySha256.get(sha256);
  }
}
