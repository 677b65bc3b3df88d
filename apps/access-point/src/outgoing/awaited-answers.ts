import { Injectable } from '@nestjs/common';
import type { GatewayAnswer } from './gateway-answer.js';

/** What became of an envelope at the gateway. */
export type Outcome = 'received' | 'refused';

/** Tells who waits for an envelope that its answer has come and verified, before the answer is kept. */
@Injectable()
export class AwaitedAnswers {
  private readonly waits = new Map<string, (outcome: Outcome) => void>();

  /** Resolves with the answer that this instance gets to the envelope. Ask before it is signed, and {@link forget} it afterwards. */
  expect(envelopeId: string): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.waits.set(envelopeId, resolve);
    return promise;
  }

  forget(envelopeId: string): void {
    this.waits.delete(envelopeId);
  }

  tell(verified: readonly { readonly envelopeId: string; readonly answer: GatewayAnswer }[]): void {
    for (const { envelopeId, answer } of verified) {
      if (answer.outcome !== 'later') this.waits.get(envelopeId)?.(answer.outcome);
    }
  }
}
