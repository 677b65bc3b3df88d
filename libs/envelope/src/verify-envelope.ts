import {
  type Audience,
  type Channel,
  type CloudEvent,
  contractsOn,
  type HeaderOf,
  MAX_ENVELOPE_BYTES,
  type MessageContract,
  type Realm,
} from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { hashOf, parseCompactJws, verifySignature } from './jws.js';
import type { KeyResolver, PublicKeyRecord } from './public-key.js';
import { ENVELOPE_TYP } from './sign-envelope.js';
import { maySpeakOn } from './speakers.js';
import { parseStrictJson } from './strict-json.js';

/** What the verifier demands of an envelope beyond a good signature. */
export interface VerificationPolicy {
  readonly realm: Realm;
  /** Where the envelope arrived; its type must travel there. */
  readonly channel: Channel | readonly Channel[];
  readonly keys: KeyResolver;
  /** The time at which the key must have been active. */
  readonly at: Date;
  /** URN of the participant that must be addressed; `any` is for services of the hub, which see every envelope. */
  readonly audience: string | 'any';
  /** The only source that is expected here, where there is one. */
  readonly source?: string;
  /** Default {@link MAX_ENVELOPE_BYTES}. */
  readonly maxBytes?: number;
}

/** An envelope that passed every check of its policy. */
export interface VerifiedEnvelope<Header = Record<string, unknown>> {
  /** The bytes as they were signed. */
  readonly jws: string;
  readonly sha256: string;
  readonly kid: string;
  readonly event: CloudEvent<Header>;
  readonly contract: MessageContract;
}

/** Schema issues may repeat names that the sender chose: this many characters of them go into a message. */
const MAX_ISSUES_LENGTH = 500;

type Untrusted = Readonly<Record<string, unknown>>;

/**
 * Verifies a received envelope: size, shape, header, key, signature, realm, source, type on channel, schema, audience - in this order.
 *
 * @example const envelope = await verifyEnvelope(body, { realm, channel: 'requests.submissions', keys, at: new Date(), audience: 'any', source: caller })
 * @throws SeraiError ERR_ENVELOPE_*; ERR_TRUST_UNKNOWN_KEY and ERR_TRUST_KEY_INACTIVE from the resolver
 */
export async function verifyEnvelope(
  bytes: Uint8Array | string,
  policy: VerificationPolicy,
): Promise<VerifiedEnvelope> {
  const { jws, header, parts, payload } = parseCompactJws(bytes, ENVELOPE_TYP, policy.maxBytes ?? MAX_ENVELOPE_BYTES);
  const key = policy.keys(header.kid, 'sig', policy.at);
  await verifySignature(header, parts, key.jwk);
  const claimed = parsePayload(payload);
  assertRealm(claimed, key, policy);
  assertSource(claimed, key, policy);
  const contract = contractFor(claimed, policy);
  const event = parseEvent(claimed, contract);
  assertAudience(event, contract, policy);
  return { jws, sha256: hashOf(jws), kid: header.kid, event, contract };
}

/** Narrows a verified envelope to one message type. */
export function isMessage<C extends MessageContract>(
  verified: VerifiedEnvelope<unknown>,
  contract: C,
): verified is VerifiedEnvelope<HeaderOf<C>> {
  return verified.contract.type === contract.type;
}

/**
 * Asserts that `causeJws` is the envelope that `event` names as its cause.
 *
 * @throws SeraiError ERR_ENVELOPE_CAUSE
 */
export function assertCause(event: VerifiedEnvelope<unknown>, causeJws: string | undefined): void {
  const named = event.event.data.cause;
  if (named === (causeJws === undefined ? undefined : hashOf(causeJws))) return;
  throw new SeraiError('ERR_ENVELOPE_CAUSE', 'The envelope that travels beside the event is not the one it names.', {
    detail: { event: event.sha256, named },
  });
}

function parsePayload(payload: Uint8Array): Untrusted {
  const value = parseStrictJson(payload, 'ERR_ENVELOPE_MALFORMED');
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Untrusted;
  throw new SeraiError('ERR_ENVELOPE_MALFORMED', 'The payload must be a JSON object.', { detail: { step: 'payload' } });
}

function assertRealm(claimed: Untrusted, key: PublicKeyRecord, policy: VerificationPolicy): void {
  if (claimed['realm'] === policy.realm && key.realm === policy.realm) return;
  throw new SeraiError('ERR_ENVELOPE_REALM', `Only envelopes of the realm ${policy.realm} are taken here.`, {
    detail: { kid: key.kid, keyRealm: key.realm },
  });
}

function assertSource(claimed: Untrusted, key: PublicKeyRecord, policy: VerificationPolicy): void {
  const expected = policy.source ?? key.owner;
  if (claimed['source'] === key.owner && key.owner === expected) return;
  throw new SeraiError('ERR_ENVELOPE_SOURCE', 'The source must be the owner of the signing key, and the caller.', {
    detail: { owner: key.owner, expected },
  });
}

function contractFor(claimed: Untrusted, policy: VerificationPolicy): MessageContract {
  const channels: readonly Channel[] = typeof policy.channel === 'string' ? [policy.channel] : policy.channel;
  const contract = channels
    .map((channel) => typesOn(channel).get(String(claimed['type'])))
    .find((found) => found !== undefined);
  if (contract === undefined) {
    throw new SeraiError('ERR_ENVELOPE_CHANNEL', `Messages of this type are not taken here: ${channels.join(', ')}.`);
  }
  if (!maySpeakOn(contract.channel, String(claimed['source']))) {
    throw new SeraiError('ERR_ENVELOPE_SOURCE', `This source does not speak on ${contract.channel}.`);
  }
  return contract;
}

const typesByChannel = new Map<Channel, ReadonlyMap<string, MessageContract>>();

function typesOn(channel: Channel): ReadonlyMap<string, MessageContract> {
  const known = typesByChannel.get(channel) ?? contractsOn(channel);
  typesByChannel.set(channel, known);
  return known;
}

function parseEvent(claimed: Untrusted, contract: MessageContract): CloudEvent {
  const parsed = contract.event.safeParse(claimed);
  if (parsed.success) return parsed.data as CloudEvent;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  const excerpt = wrong.slice(0, MAX_ISSUES_LENGTH);
  throw new SeraiError('ERR_ENVELOPE_SCHEMA', `The payload does not match ${contract.type}: ${excerpt}.`);
}

/** A hub's message lists who may see it; a participant's message names its recipient. One that names nobody is for the hub alone. */
function assertAudience(event: CloudEvent, contract: MessageContract, policy: VerificationPolicy): void {
  if (policy.audience === 'any') return;
  const { audience, recipient } = event.data.header as {
    audience?: Audience;
    recipient?: { participant: string };
  };
  const addressed = contract.channel.endsWith('.submissions') ? recipient && [recipient.participant] : audience;
  if (addressed === '*' || addressed?.includes(policy.audience)) return;
  throw new SeraiError('ERR_ENVELOPE_AUDIENCE', 'The envelope is addressed to somebody else.', {
    detail: { id: event.id },
  });
}
