import { z } from 'zod';
import { type PublicJwk, publicJwk } from '#libs/contracts';
import { parseStrictJson, thumbprint } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { assertUsableKey } from './key-strength.js';

/** The pinned keys that a community trusts: its chairs. `threshold` distinct ones must sign what only the root may change. */
export interface RootKeys {
  readonly threshold: number;
  readonly keys: readonly PublicJwk[];
}

const rootKeys = z.strictObject({ threshold: z.number().int().min(1), keys: z.array(publicJwk).min(1).max(32) });

/**
 * Reads pinned root keys from JSON text, or from its parsed value: `{ "threshold": 2, "keys": [JWK, ...] }`.
 *
 * @throws SeraiError ERR_TRUST_ROOT
 */
export function parseRootKeys(json: unknown): RootKeys {
  const value = typeof json === 'string' ? parseStrictJson(Buffer.from(json), 'ERR_TRUST_ROOT') : json;
  const parsed = rootKeys.safeParse(value);
  if (!parsed.success) throw unusable('must be {"threshold", "keys": [public JWK, ...]}', parsed.error);
  const { threshold, keys } = parsed.data;
  if (new Set(keys.map((key) => key.x)).size !== keys.length) throw unusable('must not name a key twice');
  if (threshold > keys.length) throw unusable('must have at least as many keys as their threshold');
  for (const key of keys) assertUsableRoot(key);
  return { threshold, keys };
}

const indexes = new WeakMap<RootKeys, ReadonlyMap<string, PublicJwk>>();

/** Root keys by their key id. */
export async function rootKeysById(roots: RootKeys): Promise<ReadonlyMap<string, PublicJwk>> {
  const known = indexes.get(roots);
  if (known !== undefined) return known;
  const index = new Map(await Promise.all(roots.keys.map(async (key) => [await thumbprint(key), key] as const)));
  indexes.set(roots, index);
  return index;
}

function assertUsableRoot(key: PublicJwk): void {
  try {
    assertUsableKey(key, 'sig');
  } catch (cause) {
    throw unusable('must hold Ed25519 or P-256 signing keys only', cause);
  }
}

function unusable(reason: string, cause?: unknown): SeraiError {
  return new SeraiError('ERR_TRUST_ROOT', `The root keys ${reason}.`, { cause });
}
