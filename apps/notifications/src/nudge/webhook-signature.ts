import type { Signer } from '#libs/envelope';

/**
 * Headers of a webhook after Standard Webhooks 1.0, signed with Ed25519 (`v1a`): the receiver needs the hub's public key and shares no secret with it. What is
 * signed has two dots and a brace, so that no JWS of the same key can be made of it.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export async function webhookHeaders(
  signer: Signer,
  { id, timestamp, body }: { readonly id: string; readonly timestamp: Date; readonly body: string },
): Promise<Record<string, string>> {
  const seconds = String(Math.floor(timestamp.getTime() / 1000));
  const signature = await signer.sign(Buffer.from(`${id}.${seconds}.${body}`));
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1a,${Buffer.from(signature).toString('base64')}`,
  };
}
