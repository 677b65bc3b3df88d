import { Injectable } from '@nestjs/common';
import { type EnvelopeAnswer, envelopeBatchAnswer, GATEWAY_API } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { HubClient } from '../hub/hub-client.js';

/** Hands envelopes in at the gateway. */
@Injectable()
export class GatewayClient {
  constructor(private readonly hub: HubClient) {}

  /**
   * @param envelopes compact JWS, at most what one batch may hold
   * @returns one unverified answer per envelope, in the same order
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE when there is no answer to each of them
   */
  async submit(envelopes: readonly string[]): Promise<readonly EnvelopeAnswer[]> {
    const answer = await this.hub.call('gateway', GATEWAY_API.submitEnvelopes.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ envelopes }),
    });
    if (answer.status !== 207) {
      await answer.body?.cancel();
      throw unusable({ status: answer.status }, undefined, retryAfterOf(answer));
    }
    const parsed = envelopeBatchAnswer.safeParse(await readJson(answer));
    if (!parsed.success || parsed.data.answers.length !== envelopes.length) throw unusable({ step: 'shape' });
    return parsed.data.answers;
  }
}

async function readJson(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch (cause) {
    throw unusable({ step: 'body' }, cause);
  }
}

/** Seconds that the gateway asks to wait; dates are not used between us. */
function retryAfterOf(answer: Response): number | undefined {
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

function unusable(detail: Record<string, unknown>, cause?: unknown, retryAfterSeconds?: number): SeraiError {
  return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', 'The gateway does not answer. Envelopes wait here.', {
    detail,
    cause,
    retryAfterSeconds,
  });
}
