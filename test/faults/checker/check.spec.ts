import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { check, type Findings } from './check.js';
import type { Evidence, SideEvidence, SignedRow } from './evidence.js';
import { hashOf, nextHash, readSigned, signingKeysOf } from './signed-bytes.js';

// A check that finds nothing is worth what it would have found: each kind of damage is done to good evidence here.

const RS = 'urn:serai:participant:rs';
const IQ = 'urn:serai:participant:iq';
const HUB = 'urn:serai:service:requests';
const LEGS = ['leg-1', 'leg-2'];

const owners = new Map([RS, IQ, HUB].map((urn) => [urn, generateKeyPairSync('ed25519')]));
const keys = new Map([...owners].map(([urn, { publicKey }]) => [urn, [publicKey]]));
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function jws(source: string, event: object, key: KeyObject = owners.get(source)!.privateKey): string {
  const signed = `${part({ alg: 'Ed25519' })}.${part({ source, ...event })}`;
  return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
}

/** The end of each producer's chain. */
const chains = new Map<string, { number: number; jws: string }>();
function row(source: string, legId: string, type: string): SignedRow {
  const before = chains.get(source);
  const number = (before?.number ?? 0) + 1;
  const envelopeId = `${source.slice(-2)}-${number}`;
  const producerprev = before && hashOf(before.jws);
  const place = { producerseq: String(number), producerprev };
  const signed = jws(source, { id: envelopeId, type: `serai.requests.${type}.v1`, subject: legId, ...place });
  chains.set(source, { number, jws: signed });
  return { envelopeId, legId, state: 'ACCEPTED', jws: signed };
}

let events = 0;
/** The feed that brings these causes, in this order, each of which changes its leg; `skip` counts the first leg's changes on. */
function feedOf(causes: readonly string[], skip = 0): SideEvidence['feed'] {
  const versions = new Map([[LEGS[0]!, skip]]);
  let hash: string | undefined;
  return causes.map((cause, index) => {
    events += 1;
    const type = 'serai.requests.envelope.accepted.v1';
    const legId = readSigned(cause, keys).subject;
    const version = (versions.get(legId) ?? 0) + 1;
    versions.set(legId, version);
    const data = { header: { leg: { legId, version } } };
    const event = jws(HUB, { id: `event-${events}`, type, subject: 'x', producerseq: String(events), data });
    hash = nextHash(hash, event);
    return { sequence: index + 1, hash, event, cause };
  });
}

function sideOf(
  participant: string,
  own: readonly SignedRow[],
  others: readonly SignedRow[],
  order: readonly SignedRow[],
): SideEvidence {
  const feed = feedOf(order.map((signed) => signed.jws));
  return {
    participant,
    signed: own,
    received: others.map(({ envelopeId, jws: bytes }) => ({ envelopeId, jws: bytes })),
    shown: others.map(({ envelopeId, legId }) => ({ envelopeId, legId })),
    feed,
    cursor: { sequence: feed.length, head: feed.at(-1)!.hash },
    quarantined: 0,
  };
}

/** Two legs, each asked, delivered, acknowledged, and with a question back. */
function goodEvidence(): Evidence {
  chains.clear();
  const asked = LEGS.map((leg) => row(RS, leg, 'request.submitted'));
  const done = LEGS.flatMap((leg) => [
    row(IQ, leg, 'leg.delivered'),
    row(IQ, leg, 'leg.acknowledged'),
    row(IQ, leg, 'leg.clarification-asked'),
  ]);
  const order = [...asked, ...done];
  const promised = { rs: asked, iq: done.filter((_, index) => index % 3 > 0) };
  return { begun: 2, promised, rs: sideOf(RS, asked, done, order), iq: sideOf(IQ, done, asked, order) };
}

/** How many findings of each kind there are once a side was altered. */
function found(which: 'rs' | 'iq', alter: (side: SideEvidence) => Partial<SideEvidence>): Partial<Findings> {
  const good = goodEvidence();
  return foundIn({ ...good, [which]: { ...good[which], ...alter(good[which]) } });
}
function foundIn(evidence: Evidence): Partial<Findings> {
  return Object.fromEntries(Object.entries(check(evidence, keys)).filter(([, list]) => list.length > 0));
}
/** The same, signed as if nothing had gone before. */
function beside(signed: SignedRow): SignedRow {
  const { id, source, type, subject, sequence } = readSigned(signed.jws, keys);
  return { ...signed, jws: jws(source, { id, type, subject, producerseq: String(sequence) }) };
}
const without = <T>(list: readonly T[], index: number): T[] => list.filter((_, at) => at !== index);
const swapped = <T>(list: readonly T[], one: number, other: number): T[] =>
  list.map((value, at) => (at === one ? list[other]! : at === other ? list[one]! : value));

describe(check.name, () => {
  it('finds nothing in good evidence', () => {
    expect(foundIn(goodEvidence())).toEqual({});
  });

  it('finds what an officer was promised and nobody signed', () => {
    const good = goodEvidence();
    const promised = { ...good.promised, rs: [...good.promised.rs, { legId: 'leg-3', envelopeId: 'rs-9' }] };
    expect(foundIn({ ...good, promised }).lost).toEqual([`${RS} promised rs-9 and does not have it`]);
  });

  it('finds an envelope that was promised for two acts', () => {
    const good = goodEvidence();
    const promised = { ...good.promised, iq: [...good.promised.iq, good.promised.iq[0]!] };
    expect(foundIn({ ...good, promised }).lost).toEqual([`${IQ} promised iq-2 for two acts`]);
  });

  it.each([
    ['was signed and is not held', 'iq', ({ received }) => ({ received: without(received, 0) })],
    [
      'is held with another byte',
      'iq',
      ({ received }) => ({ received: [{ ...received[0]!, jws: received[1]!.jws }, received[1]!] }),
    ],
    ['waits for a decision', 'rs', ({ signed }) => ({ signed: [{ ...signed[0]!, state: 'RECEIVED' }, signed[1]!] })],
    [
      'waits for the gateway',
      'iq',
      ({ signed }) => ({ signed: [{ ...signed[0]!, state: 'QUEUED' }, ...signed.slice(1)] }),
    ],
    ['never came by the feed', 'iq', ({ feed }) => ({ feed: feedOf(without(feed, 0).map(({ cause }) => cause!)) })],
    ['has no delivery statement', 'iq', ({ signed }) => ({ signed: without(signed, 0) })],
    ['is shown to nobody', 'rs', ({ shown }) => ({ shown: without(shown, 2) })],
  ] as [string, 'rs' | 'iq', (side: SideEvidence) => Partial<SideEvidence>][])(
    'finds lost what %s',
    (_what, which, alter) => {
      expect(found(which, alter).lost).not.toBeUndefined();
    },
  );

  it.each([
    [
      'a request that was signed twice',
      'rs',
      ({ signed }) => ({ signed: [...signed, row(RS, LEGS[0]!, 'request.submitted')] }),
    ],
    [
      'a second delivery statement',
      'iq',
      ({ signed }) => ({ signed: [...signed, row(IQ, LEGS[0]!, 'leg.delivered')] }),
    ],
    [
      'an envelope that nobody sent',
      'iq',
      ({ received }) => ({ received: [...received, { envelopeId: 'rs-99', jws: received[0]!.jws }] }),
    ],
    ['a message shown twice', 'rs', ({ shown }) => ({ shown: [...shown, shown[0]!] })],
    [
      'an envelope accepted twice in a feed',
      'rs',
      ({ feed }) => ({ feed: feedOf([...feed, feed[0]!].map(({ cause }) => cause!)) }),
    ],
    ['an event twice in a feed', 'rs', ({ feed }) => ({ feed: [...feed, feed[0]!] })],
  ] as [string, 'rs' | 'iq', (side: SideEvidence) => Partial<SideEvidence>][])(
    'finds doubled %s',
    (_what, which, alter) => {
      expect(found(which, alter).doubled).not.toBeUndefined();
    },
  );

  it.each([
    ['messages shown in another order', ({ shown }) => ({ shown: swapped(shown, 1, 2) })],
    ['a feed in another order', ({ feed }) => ({ feed: feedOf(swapped(feed, 3, 4).map(({ cause }) => cause!)) })],
  ] as [string, (side: SideEvidence) => Partial<SideEvidence>][])(
    'finds reordered %s, but takes any order of different legs',
    (_what, alter) => {
      expect(found('rs', alter).reordered).toHaveLength(1);
      expect(
        found('rs', ({ shown }) => ({ shown: [...shown.slice(3), ...shown.slice(0, 3)] })).reordered,
      ).toBeUndefined();
    },
  );

  it.each([
    ['a gap', ({ feed }) => ({ feed: without(feed, 2) })],
    [
      'a changed hash',
      ({ feed }) => ({ feed: feed.map((entry, at) => (at === 2 ? { ...entry, hash: feed[1]!.hash } : entry)) }),
    ],
    [
      'another event',
      ({ feed }) => ({ feed: feed.map((entry, at) => (at === 2 ? { ...entry, event: feed[1]!.event } : entry)) }),
    ],
    ['a reader who is behind', ({ cursor }) => ({ cursor: { ...cursor, sequence: cursor.sequence - 1 } })],
    ['a reader with another hash', ({ cursor, feed }) => ({ cursor: { ...cursor, head: feed[0]!.hash } })],
    ['an entry that could not be read', () => ({ quarantined: 1 })],
  ] as [string, (side: SideEvidence) => Partial<SideEvidence>][])('finds broken a feed with %s', (_what, alter) => {
    expect(found('iq', alter).brokenFeeds).not.toBeUndefined();
  });

  it.each([
    ['nobody heard of', 1, 'hears of change 2 of leg-1, which has had 0'],
    ['counts for none', -1, 'hears of change 0 of leg-1, which has had 0'],
  ])('finds broken a feed with a change of a leg that %s', (_what, skip, sentence) => {
    const alter = ({ feed: before }: SideEvidence): Partial<SideEvidence> => {
      const feed = feedOf(
        before.map(({ cause }) => cause!),
        skip,
      );
      return { feed, cursor: { sequence: feed.length, head: feed.at(-1)!.hash } };
    };
    expect(found('iq', alter)).toEqual({ brokenFeeds: [`${IQ} ${sentence}`] });
  });

  it.each([
    ['that was signed and is gone', ({ signed }) => ({ signed: without(signed, 0) }), 'iq-2'],
    ['that is signed beside the chain', ({ signed }) => ({ signed: [signed[0]!, beside(signed[1]!)] }), 'iq-2'],
  ] as [string, (side: SideEvidence) => Partial<SideEvidence>, string][])(
    'finds lost an envelope %s',
    (_what, alter, id) => {
      expect(found('iq', alter).lost).toContain(`${IQ} signed something before ${id} that it does not have any more`);
    },
  );

  it('counts what the hub refused', () => {
    const refusal = ({ signed }: SideEvidence) => ({
      signed: [...signed.slice(0, -1), { ...signed.at(-1)!, state: 'REFUSED' as const }],
    });
    expect(found('iq', refusal).refused).toHaveLength(1);
  });
});

describe(readSigned.name, () => {
  it('takes no bytes but those that their source signed', () => {
    const event = { id: '1', type: 't', subject: 's', producerseq: '1' };
    expect(readSigned(jws(RS, event), keys)).toMatchObject({ source: RS, sequence: 1 });
    const [header, , signature] = jws(RS, event).split('.');
    for (const forged of [
      jws(RS, event, owners.get(IQ)!.privateKey),
      `${header}.${part({ source: RS, ...event, id: '2' })}.${signature}`,
      jws('urn:serai:participant:xx', event, owners.get(IQ)!.privateKey),
    ]) {
      expect(() => readSigned(forged, keys)).toThrow('is not signed by');
    }
  });

  it('knows the signing keys of the founding changes, and no others', () => {
    const jwk = owners.get(RS)!.publicKey.export({ format: 'jwk' });
    const change = (key: object) => ({ payload: part({ kind: 'key-registered', key: { owner: RS, jwk, ...key } }) });
    const genesis = [
      { payload: part({ kind: 'participant-admitted' }) },
      change({ use: 'sig' }),
      change({ use: 'enc' }),
    ];
    expect([...signingKeysOf(genesis)].map(([owner, known]) => [owner, known.length])).toEqual([[RS, 1]]);
  });
});
