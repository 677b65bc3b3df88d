import { createPublicKey, hash, type JsonWebKey, type KeyObject, verify } from 'node:crypto';

// Reads signed bytes with nothing but the platform: a checker that used the libraries of the product would share their mistakes.

/** What a participant commits to of its access log: for the hub's log alone. */
export const ACCESS_RECORD = 'serai.access.entries.recorded.v1';

/** Public signing keys by the URN of their owner. */
export type SigningKeys = ReadonlyMap<string, readonly KeyObject[]>;

/** What a signed envelope says of itself. */
export interface ReadEnvelope {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  /** Position in its producer's chain. */
  readonly sequence: number;
  /** Hash of the envelope before it in that chain; absent on the first. */
  readonly previous: string | undefined;
  /** Of an event of the hub about a leg: which leg, and how many changes it has had. */
  readonly leg: { readonly legId: string; readonly version: number } | undefined;
}

const decoded = (base64url: string): unknown => JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'));

type Claims = Record<'id' | 'source' | 'type' | 'subject' | 'producerseq', string> & {
  readonly producerprev?: string;
  readonly data?: { readonly header?: { readonly leg?: { readonly legId: string; readonly version: number } } };
};

interface FoundingChange {
  readonly kind: string;
  readonly key?: { readonly owner: string; readonly use: string; readonly jwk: JsonWebKey };
}

/** Signing keys of everybody, from the founding changes of the directory. */
export function signingKeysOf(genesis: readonly { readonly payload: string }[]): SigningKeys {
  const keys = new Map<string, KeyObject[]>();
  for (const { payload } of genesis) {
    const { kind, key } = decoded(payload) as FoundingChange;
    if (kind !== 'key-registered' || key?.use !== 'sig') continue;
    keys.set(key.owner, [...(keys.get(key.owner) ?? []), createPublicKey({ key: key.jwk, format: 'jwk' })]);
  }
  return keys;
}

/** Reads an envelope; throws unless a key of the one whom it names as its source signed these bytes. */
export function readSigned(jws: string, keys: SigningKeys): ReadEnvelope {
  const [header = '', payload = '', signature = ''] = jws.split('.');
  const event = decoded(payload) as Claims;
  const signed = Buffer.from(`${header}.${payload}`);
  const owned = keys.get(event.source) ?? [];
  const isGood = owned.some((key) => verify(null, signed, key, Buffer.from(signature, 'base64url')));
  if (!isGood) throw new Error(`${event.id} is not signed by ${event.source}`);
  const { id, source, type, subject, producerseq, producerprev: previous, data } = event;
  return { id, source, type, subject, sequence: Number(producerseq), previous, leg: data?.header?.leg };
}

/** What the next envelope of the same producer names as the one before it. */
export const hashOf = (jws: string): string => hash('sha256', jws, 'base64url');

/** The next link of a feed's chain, as the reference of the feed describes it. */
export function nextHash(previous: string | undefined, event: string): string {
  const before = previous === undefined ? Buffer.alloc(32) : Buffer.from(previous, 'base64url');
  return hash('sha256', Buffer.concat([before, hash('sha256', event, 'buffer')]), 'base64url');
}
