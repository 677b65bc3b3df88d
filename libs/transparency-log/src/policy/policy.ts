import type { SeraiError } from '#libs/errors';
import { isSameMaterial, parseVerifierKey, SIGNATURE_TYPE, type VerifierKey } from '../note/verifier-key.js';
import { decodeUtf8, malformed, parseDecimal } from '../text.js';

/** Whose checkpoints are believed, and how many witnesses must have seen them: a policy file of c2sp.org/tlog-policy. */
export interface Policy {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  /** Each refers only to witnesses and to groups before it. */
  readonly groups: readonly PolicyGroup[];
  /** Name of a witness or group; undefined for `quorum none`. */
  readonly quorum: string | undefined;
}

/** A log whose checkpoints are believed. The name of its key is its origin. */
export interface PolicyLog {
  readonly key: VerifierKey;
  readonly url: string | undefined;
}

/** A witness under the name that this policy gives it; one character per octet, since names of a policy are octets. */
export interface PolicyWitness {
  readonly name: string;
  readonly key: VerifierKey;
  readonly url: string | undefined;
}

/** A group, which has witnessed when `threshold` of its members have. */
export interface PolicyGroup {
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly string[];
}

/** Largest policy file in bytes. */
export const MAX_POLICY_BYTES = 1_048_576;

/** Most logs, most witnesses and most groups of a policy. */
export const MAX_POLICY_ENTRIES = 256;

const NONE = 'none';
const LOG_TYPES: readonly number[] = [SIGNATURE_TYPE.ED25519, SIGNATURE_TYPE.COSIGNATURE_ML_DSA_44];
const WITNESS_TYPES: readonly number[] = [SIGNATURE_TYPE.COSIGNATURE_V1, SIGNATURE_TYPE.COSIGNATURE_ML_DSA_44];
const TAB = 0x09;
const LINE_FEED = 0x0a;
const SPACE = 0x20;
const DELETE = 0x7f;

/**
 * Parses a policy file. Logs sign with Ed25519 or ML-DSA-44, witnesses with one of the two cosignatures.
 *
 * @see https://c2sp.org/tlog-policy
 * @throws SeraiError ERR_LOG_MALFORMED for wrong lines, unknown, repeated or later names, a missing or second quorum, repeated keys; `detail.step`
 *   says where
 * @throws SeraiError ERR_LOG_KEY for a key that cannot be used
 * @example parsePolicy(Buffer.from(`log ${hub}\nwitness rs ${rs}\nwitness bg ${bg}\ngroup all-of-us all rs bg\nquorum all-of-us\n`))
 */
export function parsePolicy(bytes: Uint8Array): Policy {
  if (bytes.length > MAX_POLICY_BYTES) throw malformed('policy', 'size');
  if (bytes.some(isForbidden)) throw malformed('policy', 'control character');
  const text = Buffer.from(bytes).toString('latin1');
  if (!text.endsWith('\n')) throw malformed('policy', 'last line');
  const draft = new PolicyDraft();
  for (const line of text.slice(0, -1).split('\n')) draft.addLine(line);
  return draft.finished();
}

function isForbidden(octet: number): boolean {
  return (octet < SPACE && octet !== TAB && octet !== LINE_FEED) || octet === DELETE;
}

/** What the lines of a policy have said so far. */
class PolicyDraft {
  readonly #logs: PolicyLog[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  readonly #groups: PolicyGroup[] = [];
  readonly #names = new Set<string>();
  readonly #members = new Set<string>();
  #quorum: string | undefined;
  #line = 0;

  addLine(line: string): void {
    this.#line += 1;
    const [keyword, ...items] = line.split(/[ \t]+/).filter((item) => item !== '');
    if (keyword === undefined || keyword.startsWith('#')) return;
    if (keyword === 'log') this.#addLog(items);
    else if (keyword === 'witness') this.#addWitness(items);
    else if (keyword === 'group') this.#addGroup(items);
    else if (keyword === 'quorum') this.#setQuorum(items);
    else throw this.#refusal('keyword');
  }

  finished(): Policy {
    if (this.#quorum === undefined) throw this.#refusal('no quorum');
    const quorum = this.#quorum === NONE ? undefined : this.#quorum;
    return { logs: this.#logs, witnesses: this.#witnesses, groups: this.#groups, quorum };
  }

  #addLog([vkey, url, ...rest]: readonly string[]): void {
    if (vkey === undefined || rest.length > 0) throw this.#refusal('number of items');
    this.#logs.push({ key: this.#newKey(vkey, LOG_TYPES, this.#logs), url });
  }

  #addWitness([name, vkey, url, ...rest]: readonly string[]): void {
    if (name === undefined || vkey === undefined || rest.length > 0) throw this.#refusal('number of items');
    this.#define(name);
    this.#witnesses.push({ name, key: this.#newKey(vkey, WITNESS_TYPES, this.#witnesses), url });
  }

  #addGroup([name, count, ...members]: readonly string[]): void {
    if (name === undefined || count === undefined) throw this.#refusal('number of items');
    if (this.#groups.length >= MAX_POLICY_ENTRIES) throw this.#refusal('number of groups');
    for (const member of members) this.#join(member);
    const threshold = thresholdOf(count, members.length);
    if (threshold === undefined) throw this.#refusal('threshold');
    this.#define(name);
    this.#groups.push({ name, threshold, members });
  }

  #setQuorum([name, ...rest]: readonly string[]): void {
    if (name === undefined || rest.length > 0) throw this.#refusal('number of items');
    if (this.#quorum !== undefined) throw this.#refusal('second quorum');
    if (name !== NONE && !this.#names.has(name)) throw this.#refusal('unknown name');
    this.#quorum = name;
  }

  #newKey(octets: string, types: readonly number[], others: readonly { readonly key: VerifierKey }[]): VerifierKey {
    if (others.length >= MAX_POLICY_ENTRIES) throw this.#refusal('number of keys');
    const vkey = decodeUtf8(Buffer.from(octets, 'latin1'));
    if (vkey === undefined) throw this.#refusal('key name');
    const key = parseVerifierKey(vkey);
    if (!types.includes(key.type)) throw this.#refusal('type of key');
    if (others.some((other) => isSameMaterial(key, other.key))) throw this.#refusal('repeated key');
    return key;
  }

  /** Each name is given once, to a witness or a group. */
  #define(name: string): void {
    if (name === NONE || this.#names.has(name)) throw this.#refusal('repeated name');
    this.#names.add(name);
  }

  /** Each name is a member once in the whole file, so that no witness counts twice. */
  #join(member: string): void {
    if (!this.#names.has(member)) throw this.#refusal('unknown name');
    if (this.#members.has(member)) throw this.#refusal('repeated member');
    this.#members.add(member);
  }

  #refusal(step: string): SeraiError {
    return malformed('policy', `line ${this.#line}: ${step}`);
  }
}

function thresholdOf(count: string, members: number): number | undefined {
  if (members === 0) return undefined;
  if (count === 'any') return 1;
  if (count === 'all') return members;
  const threshold = parseDecimal(count);
  return threshold !== undefined && threshold >= 1 && threshold <= members ? threshold : undefined;
}
