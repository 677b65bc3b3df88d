import { createPrivateKey } from 'node:crypto';
import { signerFromJwk } from '#libs/envelope';
import { webhookHeaders } from '../../apps/notifications/src/nudge/webhook-signature.js';
import { vectorsOf } from './vectors-of.js';

interface Vector {
  readonly source: string;
  /** Private key: the 32 bytes of RFC 8032, base64. */
  readonly seed: string;
  readonly id: string;
  readonly timestamp: number;
  readonly body: string;
  readonly signature: string;
}

const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

function signerOf(seed: string) {
  const der = Buffer.concat([PKCS8_ED25519, Buffer.from(seed, 'base64')]);
  return signerFromJwk(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' }));
}

describe('Standard Webhooks, Ed25519', () => {
  it.each(vectorsOf<Vector[]>('standard-webhooks.json').map((vector) => [vector.source, vector] as const))(
    '%s',
    async (_source, { seed, id, timestamp, body, signature }) => {
      const signer = await signerOf(seed);
      const message = { id, timestamp: new Date(timestamp * 1000 + 999), body };
      expect(await webhookHeaders(signer, message)).toEqual({
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signature,
      });
      for (const changed of [
        { id: `${id}x` },
        { timestamp: new Date(timestamp * 1000 + 1000) },
        { body: `${body} ` },
      ]) {
        const headers = await webhookHeaders(signer, { ...message, ...changed });
        expect(headers['webhook-signature']).not.toBe(signature);
      }
    },
  );
});
