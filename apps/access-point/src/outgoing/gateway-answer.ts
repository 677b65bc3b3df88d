import { type EnvelopeAnswer, gatewayReceipt, gatewayRefusal, type Realm } from '#libs/contracts';
import { isMessage, type KeyResolver, verifyEnvelope } from '#libs/envelope';
import { type Problem, SeraiError } from '#libs/errors';

/** The gateway's verified word on one envelope; `later` where it could not take it just now. */
export type GatewayAnswer =
  | { readonly outcome: 'received'; readonly jws: string; readonly receivedAt: string }
  | { readonly outcome: 'refused'; readonly jws: string; readonly refusedAt: string; readonly problem: Problem }
  | { readonly outcome: 'later'; readonly problem: Problem };

/** What was sent, as the answer must name it. */
export interface SentEnvelope {
  readonly envelope_id: string;
  readonly type: string;
  readonly sha256: string;
}

/** Who verifies, and with what. */
export interface AnswerPolicy {
  readonly participant: string;
  readonly realm: Realm;
  readonly keys: KeyResolver;
  readonly at: Date;
}

/**
 * Verifies the gateway's signature over an answer and that it is about exactly the bytes that were sent.
 *
 * @throws SeraiError ERR_ENVELOPE_*, ERR_TRUST_*: such an answer proves nothing, the envelope must be sent again
 */
export async function verifyAnswer(
  { answer }: EnvelopeAnswer,
  sent: SentEnvelope,
  { participant, realm, keys, at }: AnswerPolicy,
): Promise<GatewayAnswer> {
  const verified = await verifyEnvelope(answer, { realm, channel: 'gateway.answers', keys, at, audience: participant });
  if (isMessage(verified, gatewayReceipt)) {
    const { envelope, receivedAt } = verified.event.data.header;
    const isOurs = envelope.id === sent.envelope_id && envelope.type === sent.type && envelope.sha256 === sent.sha256;
    if (!isOurs) throw aboutAnother(sent);
    return { outcome: 'received', jws: answer, receivedAt };
  }
  if (!isMessage(verified, gatewayRefusal)) throw aboutAnother(sent);
  const { sha256, refusedAt, problem } = verified.event.data.header;
  if (sha256 !== sent.sha256) throw aboutAnother(sent);
  // A refusal with a status of 500 or more, or 429, says something of the gateway, nothing of the envelope.
  if (problem.status >= 500 || problem.status === 429) return { outcome: 'later', problem };
  return { outcome: 'refused', jws: answer, refusedAt, problem };
}

function aboutAnother({ envelope_id }: SentEnvelope): SeraiError {
  return new SeraiError('ERR_ENVELOPE_CAUSE', 'The answer of the gateway is about another envelope.', {
    detail: { envelopeId: envelope_id },
  });
}
