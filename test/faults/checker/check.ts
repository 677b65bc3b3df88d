import type { Evidence, SideEvidence } from './evidence.js';
import { ACCESS_RECORD, hashOf, nextHash, type ReadEnvelope, readSigned, type SigningKeys } from './signed-bytes.js';

/** Each list holds one sentence per finding; empty lists are what a campaign hopes for. */
export interface Findings {
  readonly lost: string[];
  readonly doubled: string[];
  readonly reordered: string[];
  readonly brokenFeeds: string[];
  readonly refused: string[];
}

const SUBMITTED = 'serai.requests.request.submitted.v1';
/** Types that a leg has once. */
const ONCE = [SUBMITTED, 'serai.requests.leg.delivered.v1', 'serai.requests.leg.acknowledged.v1'];
const ACCEPTED_EVENT = 'serai.requests.envelope.accepted.v1';
/** Events that count a leg's changes on. */
const COUNTED = [ACCEPTED_EVENT, 'serai.requests.leg.deadline-overrun.v1', 'serai.requests.leg.lapsed.v1'];

/** Compares what each side signed with what the other holds, and both with what the officers were promised. */
export function check(evidence: Evidence, keys: SigningKeys): Findings {
  const findings: Findings = { lost: [], doubled: [], reordered: [], brokenFeeds: [], refused: [] };
  for (const [from, to] of [
    ['rs', 'iq'],
    ['iq', 'rs'],
  ] as const) {
    checkPromises(evidence.promised[from], evidence[from], findings);
    checkChain(evidence[from], keys, findings);
    checkDelivery(evidence[from], evidence[to], keys, findings);
    checkOnce(evidence[from], keys, findings);
    checkShownOrder(evidence[from], evidence[to], keys, findings);
    checkFeed(evidence[from], keys, findings);
  }
  checkStatements(evidence, keys, findings);
  return findings;
}

/** What an officer was told is signed must be signed, and each act is another envelope. */
function checkPromises(promised: Evidence['promised']['rs'], side: SideEvidence, { lost }: Findings): void {
  const signed = new Set(side.signed.map(({ envelopeId }) => envelopeId));
  const seen = new Set<string>();
  for (const { envelopeId } of promised) {
    if (!signed.has(envelopeId)) lost.push(`${side.participant} promised ${envelopeId} and does not have it`);
    if (seen.has(envelopeId)) lost.push(`${side.participant} promised ${envelopeId} for two acts`);
    seen.add(envelopeId);
  }
}

/** A producer's envelopes are numbered without a gap and each names the one before: what was signed and is gone shows here, whoever was told of it. */
function checkChain({ participant, signed }: SideEvidence, keys: SigningKeys, { lost }: Findings): void {
  let before: string | undefined;
  for (const [index, { jws }] of signed.entries()) {
    const { id, sequence, previous } = readSigned(jws, keys);
    if (sequence !== index + 1 || previous !== before) {
      lost.push(`${participant} signed something before ${id} that it does not have any more`);
      return;
    }
    before = hashOf(jws);
  }
}

/** What one side signed the other holds, byte for byte, or the signer holds a refusal. Nobody holds what nobody signed. */
function checkDelivery(from: SideEvidence, to: SideEvidence, keys: SigningKeys, findings: Findings): void {
  const held = new Map(to.received.map(({ envelopeId, jws }) => [envelopeId, jws]));
  const shown = new Set(to.shown.map(({ envelopeId }) => envelopeId));
  const delivered = new Set(to.feed.map(({ cause }) => cause));
  for (const { envelopeId, state, jws } of from.signed) {
    // Nobody decides on it, and nobody else gets it: what the hub has taken is done.
    if (state === 'RECEIVED' && readSigned(jws, keys).type === ACCESS_RECORD) continue;
    if (state === 'REFUSED') findings.refused.push(`${envelopeId} of ${from.participant}`);
    else if (state !== 'ACCEPTED') findings.lost.push(`${envelopeId} of ${from.participant} is still ${state}`);
    else if (held.get(envelopeId) !== jws)
      findings.lost.push(`${to.participant} does not hold ${envelopeId} as it was signed`);
    else if (!shown.has(envelopeId)) findings.lost.push(`${to.participant} shows ${envelopeId} to nobody`);
    else if (!delivered.has(jws)) findings.lost.push(`the feed of ${to.participant} never brought ${envelopeId}`);
  }
  const signed = new Set(from.signed.map(({ envelopeId }) => envelopeId));
  for (const { envelopeId, jws } of to.received) {
    const { source } = readSigned(jws, keys);
    if (source !== from.participant || !signed.has(envelopeId)) {
      findings.doubled.push(`${to.participant} holds ${envelopeId}, which ${from.participant} never sent`);
    }
  }
}

/** Each leg has one request, one delivery statement, one acknowledgement; each is shown, and accepted in a feed, once. */
function checkOnce(side: SideEvidence, keys: SigningKeys, { doubled }: Findings): void {
  const seen = new Set<string>();
  const once = (what: string): void => {
    if (seen.has(what)) doubled.push(`${what} (${side.participant})`);
    seen.add(what);
  };
  for (const { jws } of side.signed) {
    const { type, subject } = readSigned(jws, keys);
    if (ONCE.includes(type)) once(`${type} for ${subject}`);
  }
  for (const { envelopeId } of side.shown) once(`message ${envelopeId} shown`);
  for (const { event, cause } of side.feed) {
    const { id, type } = readSigned(event, keys);
    once(`event ${id} in the feed`);
    if (type === ACCEPTED_EVENT && cause) once(`${readSigned(cause, keys).id} accepted in the feed`);
  }
}

/** Messages of one sender about one leg are shown in the order in which they were signed. */
function checkShownOrder(side: SideEvidence, other: SideEvidence, keys: SigningKeys, { reordered }: Findings): void {
  const byId = new Map(other.signed.map(({ envelopeId, jws }) => [envelopeId, jws]));
  const envelopes = side.shown.flatMap(({ envelopeId }) => {
    const jws = byId.get(envelopeId);
    return jws === undefined ? [] : [readSigned(jws, keys)];
  });
  for (const late of outOfOrder(envelopes)) reordered.push(`${side.participant} shows ${late} too late`);
}

function outOfOrder(envelopes: readonly ReadEnvelope[]): string[] {
  const last = new Map<string, number>();
  return envelopes.flatMap(({ id, source, subject, sequence }) => {
    const before = last.get(`${source} ${subject}`) ?? 0;
    last.set(`${source} ${subject}`, Math.max(before, sequence));
    return sequence < before ? [id] : [];
  });
}

/** Numbers without a gap, every hash recomputed, order of each leg, and the access point stands at the end of it with nothing set aside. */
function checkFeed(side: SideEvidence, keys: SigningKeys, { reordered, brokenFeeds }: Findings): void {
  const { participant, feed, cursor, quarantined } = side;
  let head: string | undefined;
  const broken = feed.find(({ sequence, hash, event }, index) => {
    head = nextHash(head, event);
    return sequence !== index + 1 || hash !== head;
  });
  if (broken) brokenFeeds.push(`the chain of ${participant} breaks at ${broken.sequence}`);
  else if (cursor.sequence !== feed.length || (feed.length > 0 && cursor.head !== head)) {
    brokenFeeds.push(`${participant} stands at ${cursor.sequence} of ${feed.length}, or with another hash`);
  }
  if (quarantined > 0) brokenFeeds.push(`${participant} could not read ${quarantined} entries`);
  checkVersions(side, keys, brokenFeeds);
  const accepted = feed.flatMap(({ event, cause }) =>
    cause !== undefined && readSigned(event, keys).type === ACCEPTED_EVENT ? [readSigned(cause, keys)] : [],
  );
  for (const late of outOfOrder(accepted)) reordered.push(`${late} comes too late in the feed of ${participant}`);
}

/** Each change of a leg counts it on by one: a change that took effect twice, or that the hub took back, shows here. */
function checkVersions({ participant, feed }: SideEvidence, keys: SigningKeys, brokenFeeds: string[]): void {
  const versions = new Map<string, number>();
  for (const { event } of feed) {
    const { type, leg } = readSigned(event, keys);
    if (leg === undefined || !COUNTED.includes(type)) continue;
    const due = (versions.get(leg.legId) ?? 0) + 1;
    if (leg.version !== due) {
      brokenFeeds.push(`${participant} hears of change ${leg.version} of ${leg.legId}, which has had ${due - 1}`);
    }
    versions.set(leg.legId, leg.version);
  }
}

/** Every accepted request has its signed delivery statement, and no more requests are signed than were begun. */
function checkStatements({ begun, rs, iq }: Evidence, keys: SigningKeys, { lost, doubled }: Findings): void {
  const stated = new Set(
    iq.signed
      .map(({ jws }) => readSigned(jws, keys))
      .flatMap(({ type, subject }) => (type === ONCE[1] ? [subject] : [])),
  );
  const submissions = rs.signed.filter(({ jws }) => readSigned(jws, keys).type === SUBMITTED);
  for (const { legId, state } of submissions) {
    if (state === 'ACCEPTED' && !stated.has(legId)) lost.push(`nobody stated the delivery of ${legId}`);
  }
  if (submissions.length > begun) doubled.push(`${submissions.length} requests were signed of ${begun} begun`);
}
