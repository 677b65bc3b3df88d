import { Injectable } from '@nestjs/common';
import { AUDIT_API, MAX_OPENINGS, openingsAnswer } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import type { LeafOpening } from '#libs/evidence';
import { HubClient } from '../hub/hub-client.js';

/** An envelope, by what its holder can prove to hold it. */
export interface HeldEnvelope {
  readonly id: string;
  readonly sha256: string;
}

/** Asks the hub what leaves of its log stand for. Nothing of the answer is verified here. */
@Injectable()
export class OpeningsClient {
  constructor(private readonly hub: HubClient) {}

  /** The opening of each envelope's first leaf, in the order given; undefined for what is not in the log. */
  async of(envelopes: readonly HeldEnvelope[]): Promise<(LeafOpening | undefined)[]> {
    const openings: (LeafOpening | undefined)[] = [];
    for (let begin = 0; begin < envelopes.length; begin += MAX_OPENINGS) {
      openings.push(...(await this.ask(envelopes.slice(begin, begin + MAX_OPENINGS))));
    }
    return openings;
  }

  private async ask(envelopes: readonly HeldEnvelope[]): Promise<(LeafOpening | undefined)[]> {
    const answer = await this.hub.call('audit', AUDIT_API.openLeaves.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ envelopes }),
    });
    if (!answer.ok) throw await refused(answer);
    const { openings } = openingsAnswer.parse(await answer.json());
    return envelopes.map(({ id }, index) => {
      const leaf = openings[index]?.id === id ? openings[index]?.leaves[0] : undefined;
      return leaf && { ...leaf, salt: Buffer.from(leaf.salt, 'base64url') };
    });
  }
}

async function refused(answer: Response): Promise<SeraiError> {
  await answer.body?.cancel();
  return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The log of the hub does not answer. Try again later.', {
    detail: { status: answer.status },
  });
}
