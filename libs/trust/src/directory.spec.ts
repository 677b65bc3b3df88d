import type { DirectoryChange, SignedDirectoryChange } from '#libs/contracts';
import { type Signer, thumbprint } from '#libs/envelope';
import {
  AGREEMENT,
  admission,
  agency,
  agreement,
  applyAll,
  Community,
  change,
  DIRECTORY_SERVICE,
  desk,
  EXPIRY,
  FOUNDED,
  IQ,
  keyOf,
  keyStatus,
  LATER,
  newEncryptionJwk,
  newHolder,
  RS,
  TR,
} from './community.fixture.js';
import { Directory, signDirectoryChange } from './index.js';

const founded = new Date(FOUNDED);
const later = new Date(LATER);
const beforeFounding = new Date('2025-12-31T23:59:59.999Z');

let community: Community;
let directory: Directory;

beforeAll(async () => {
  community = await Community.found();
  directory = await community.directory();
});

const applied = async (made: DirectoryChange, ...signers: Signer[]) =>
  directory.apply(await signDirectoryChange(made, signers));
const appliedByRoot = async (made: DirectoryChange) => directory.apply(await community.byRoot(made));
const posting = (host: string, participant = RS, until = EXPIRY) =>
  change('posting-made', {
    posting: {
      id: '01890000-0000-7000-8000-00000000b057',
      officer: 'o-3f9a1c2e',
      participant,
      agency: 'urn:serai:agency:rs:police',
      host,
      until,
    },
  });

describe(Directory.name, () => {
  it('knows what the founding changes say, from their day on', () => {
    expect(directory.participants(founded).map(({ id }) => id)).toEqual([RS, IQ]);
    expect(directory.desks(founded).map(({ id }) => id)).toEqual(['urn:serai:desk:rs:ncc', 'urn:serai:desk:iq:ncc']);
    expect(directory.serviceAt(DIRECTORY_SERVICE, founded)?.name).toBe('Directory');
    expect(directory.agencyAt('urn:serai:agency:rs:police', founded)?.participant).toBe(RS);
    expect(directory.signingKeysOf(RS, founded).map(({ kid }) => kid)).toEqual([community.rs.signer.kid]);
    expect(directory.encryptionKeysOf(RS, founded)).toHaveLength(1);
  });

  it('knows nothing before that day', () => {
    expect(directory.participants(beforeFounding)).toEqual([]);
    expect(directory.desks(beforeFounding)).toEqual([]);
    expect(directory.services(beforeFounding)).toEqual([]);
    expect(directory.agencies(beforeFounding)).toEqual([]);
    expect(directory.encryptionKeysOf(RS, beforeFounding)).toEqual([]);
    expect(directory.routesFrom(RS, beforeFounding)).toEqual([]);
  });

  it('tells what may be asked of whom', () => {
    const ask = { from: RS, to: IQ, kind: 'IDENTITY', at: founded } as const;
    expect(directory.agreementFor(ask)?.id).toBe(AGREEMENT);
    expect(directory.agreementFor({ ...ask, agreementId: AGREEMENT })?.id).toBe(AGREEMENT);
    expect(directory.routesFrom(IQ, founded)).toMatchObject([{ to: RS, kinds: ['IDENTITY'] }]);
    expect(directory.agreementFor({ ...ask, agreementId: '01890000-0000-7000-8000-00000000ffff' })).toBeUndefined();
    expect(directory.agreementFor({ ...ask, kind: 'FINANCIAL_POINTER' })).toBeUndefined();
    expect(directory.agreementFor({ ...ask, from: IQ, to: RS, kind: 'WHEREABOUTS' })).toBeUndefined();
    expect(directory.agreementFor({ ...ask, to: TR })).toBeUndefined();
    expect(directory.agreementFor({ ...ask, at: new Date(EXPIRY) })).toBeUndefined();
  });

  it('keeps earlier versions as they were, and lets two go on from the same one', async () => {
    const withTr = await appliedByRoot(admission(TR));
    const suspended = await appliedByRoot(admission(IQ, 'SUSPENDED', LATER));
    expect(directory.participantAt(TR, founded)).toBeUndefined();
    expect(withTr.participantAt(TR, founded)?.id).toBe(TR);
    expect(suspended.participantAt(TR, founded)).toBeUndefined();
    expect(withTr.participantAt(IQ, later)?.id).toBe(IQ);
    expect(suspended.version).toBe(withTr.version);
    expect(suspended.head).not.toBe(withTr.head);
  });
});

describe('authority', () => {
  it('starts from no root that anybody could meet', () => {
    for (const roots of [
      { threshold: 0, keys: community.roots.keys },
      { threshold: 1, keys: [] },
    ]) {
      expect(() => Directory.empty('production', roots)).toThrow(expect.objectContaining({ code: 'ERR_TRUST_ROOT' }));
    }
  });

  const rootChanges = (): [string, DirectoryChange][] => [
    ['participant-admitted', admission(TR)],
    ['service-registered', change('service-registered', { service: { id: DIRECTORY_SERVICE, name: 'Other' } })],
    ['key-registered', keyOf(RS, newEncryptionJwk(), 'enc')],
    ['key-status-changed', keyStatus(community.iq.signer.kid, 'RETIRED')],
  ];
  const ownChanges = (): [string, DirectoryChange][] => [
    ['agency-registered', agency(RS, 'border')],
    ['desk-opened', desk(RS, 'night')],
    ['desk-closed', change('desk-closed', { desk: 'urn:serai:desk:rs:ncc', participant: RS })],
    ['posting-made', posting(IQ)],
  ];

  it('lets two of three chairs change what belongs to the root, and any participant thing', async () => {
    for (const [, made] of [...rootChanges(), ...ownChanges()]) {
      expect((await appliedByRoot(made)).version).toBe(directory.version + 1);
    }
  });

  it('lets a participant change its own agencies, desks and postings', async () => {
    for (const [, made] of ownChanges()) {
      expect((await applied(made, community.rs.signer)).version).toBe(directory.version + 1);
    }
  });

  it('refuses one chair, one chair twice, a participant and a stranger for what belongs to the root', async () => {
    const [chair] = community.chairs;
    const stranger = await newHolder();
    for (const [, made] of rootChanges()) {
      for (const signers of [
        [chair.signer],
        [chair.signer, chair.signer, chair.signer],
        [community.rs.signer, community.iq.signer],
        [chair.signer, community.rs.signer],
        [chair.signer, stranger.signer],
        [stranger.signer],
      ]) {
        await expect(applied(made, ...signers)).rejects.toMatchObject({ code: 'ERR_TRUST_THRESHOLD' });
      }
    }
  });

  it('refuses another participant, a service and one chair for what belongs to a participant', async () => {
    for (const [, made] of ownChanges()) {
      for (const holder of [community.iq, community.service, community.chairs[0]]) {
        await expect(applied(made, holder.signer)).rejects.toMatchObject({ code: 'ERR_TRUST_THRESHOLD' });
      }
    }
  });

  it('takes an agreement from all its parties only', async () => {
    const made = agreement([{ from: RS, to: IQ, kinds: ['GENERAL'] }], '01890000-0000-7000-8000-00000000a9e2');
    const { rs, iq, chairs } = community;
    expect((await applied(made, iq.signer, rs.signer)).version).toBe(directory.version + 1);
    for (const signers of [[rs.signer], [iq.signer], chairs.map(({ signer }) => signer), [rs.signer, rs.signer]]) {
      await expect(applied(made, ...signers)).rejects.toMatchObject({ code: 'ERR_TRUST_THRESHOLD' });
    }
  });

  it('passes over strangers beside enough signatures', async () => {
    const signers = [community.chairs[0], await newHolder(), community.chairs[2]].map(({ signer }) => signer);
    expect((await applied(admission(TR), ...signers)).participantAt(TR, founded)?.id).toBe(TR);
  });

  it('takes no encryption key for a signature', async () => {
    const forSecrets = await newHolder('ES256');
    const withKey = await appliedByRoot(keyOf(RS, forSecrets.jwk, 'enc'));
    await expect(
      withKey.apply(await signDirectoryChange(desk(RS, 'night'), [forSecrets.signer])),
    ).rejects.toMatchObject({
      code: 'ERR_TRUST_THRESHOLD',
    });
  });
});

describe('keys in time', () => {
  const kid = () => community.rs.signer.kid;

  it('is active within its validity', () => {
    expect(directory.keyAt(kid(), 'sig', founded)).toMatchObject({ kid: kid(), owner: RS, realm: 'production' });
    expect(directory.keyResolver()(kid(), 'sig', new Date('2030-12-31T23:59:59.999Z')).kid).toBe(kid());
    for (const at of [beforeFounding, new Date(EXPIRY)]) {
      expect(() => directory.keyAt(kid(), 'sig', at)).toThrow(
        expect.objectContaining({ code: 'ERR_TRUST_KEY_INACTIVE' }),
      );
    }
  });

  it('is unknown under another id or use', async () => {
    const strange = (await newHolder()).signer.kid;
    for (const [id, use] of [
      [strange, 'sig'],
      [kid(), 'enc'],
    ] as const) {
      expect(() => directory.keyAt(id, use, founded)).toThrow(
        expect.objectContaining({ code: 'ERR_TRUST_UNKNOWN_KEY' }),
      );
    }
  });

  it.each(['RETIRED', 'COMPROMISED'] as const)(
    'is inactive from the moment it is %s, and not before',
    async (status) => {
      const changed = await appliedByRoot(keyStatus(kid(), status));
      expect(changed.keyAt(kid(), 'sig', new Date('2026-05-31T23:59:59.999Z')).kid).toBe(kid());
      expect(() => changed.keyAt(kid(), 'sig', later)).toThrow(
        expect.objectContaining({ code: 'ERR_TRUST_KEY_INACTIVE' }),
      );
      expect(changed.signingKeysOf(RS, later)).toEqual([]);
      expect(directory.keyAt(kid(), 'sig', later).kid).toBe(kid());
    },
  );

  it('can turn out to have been compromised earlier than it was retired', async () => {
    const retired = await appliedByRoot(keyStatus(kid(), 'RETIRED'));
    const earlier = '2026-03-01T00:00:00.000Z';
    const compromised = await retired.apply(await community.byRoot(keyStatus(kid(), 'COMPROMISED', earlier)));
    expect(() => compromised.keyAt(kid(), 'sig', new Date(earlier))).toThrow(
      expect.objectContaining({ code: 'ERR_TRUST_KEY_INACTIVE' }),
    );
    expect(compromised.keyAt(kid(), 'sig', founded).kid).toBe(kid());
    await expect(compromised.apply(await community.byRoot(keyStatus(kid(), 'RETIRED')))).rejects.toMatchObject({
      code: 'ERR_DIRECTORY_CONFLICT',
    });
  });

  it('signs no change dated after its retirement, and none at all once compromised, however dated', async () => {
    const night = await signDirectoryChange(desk(RS, 'night', '2026-02-01T00:00:00.000Z'), [community.rs.signer]);
    const late = await signDirectoryChange(desk(RS, 'late', LATER), [community.rs.signer]);
    const retired = await appliedByRoot(keyStatus(kid(), 'RETIRED'));
    expect((await retired.apply(night)).deskAt('urn:serai:desk:rs:night', later)).toBeDefined();
    await expect(retired.apply(late)).rejects.toMatchObject({ code: 'ERR_TRUST_THRESHOLD' });
    const compromised = await appliedByRoot(keyStatus(kid(), 'COMPROMISED'));
    await expect(compromised.apply(night)).rejects.toMatchObject({ code: 'ERR_TRUST_THRESHOLD' });
  });
});

describe('suspension', () => {
  it('takes a participant and all that belongs to it away, from its day on', async () => {
    const suspended = await appliedByRoot(admission(IQ, 'SUSPENDED', LATER));
    expect(suspended.participantAt(IQ, founded)?.type).toBe('MEMBER');
    expect(suspended.deskAt('urn:serai:desk:iq:ncc', founded)).toBeDefined();
    expect(suspended.participantAt(IQ, later)).toBeUndefined();
    expect(suspended.deskAt('urn:serai:desk:iq:ncc', later)).toBeUndefined();
    expect(suspended.agencyAt('urn:serai:agency:iq:police', later)).toBeUndefined();
    expect(suspended.agreementFor({ from: RS, to: IQ, kind: 'IDENTITY', at: later })).toBeUndefined();
    expect(suspended.routesFrom(IQ, later)).toEqual([]);
    expect(() => suspended.keyAt(community.iq.signer.kid, 'sig', later)).toThrow(
      expect.objectContaining({ code: 'ERR_TRUST_KEY_INACTIVE' }),
    );
  });

  it('ends with a new admission', async () => {
    const end = '2026-07-01T00:00:00.000Z';
    const changes = await Promise.all(
      [admission(IQ, 'SUSPENDED', LATER), admission(IQ, 'MEMBER', end)].map((made) => community.byRoot(made)),
    );
    const back = await applyAll(directory, changes);
    expect(back.participantAt(IQ, later)).toBeUndefined();
    expect(back.keyAt(community.iq.signer.kid, 'sig', new Date(end)).owner).toBe(IQ);
  });
});

describe('postings and desks in time', () => {
  it('ends a posting on its last day', async () => {
    const posted = await applied(posting(IQ, RS, LATER), community.rs.signer);
    expect(posted.postings(founded)).toMatchObject([{ host: IQ, officer: 'o-3f9a1c2e' }]);
    expect(posted.postings(later)).toEqual([]);
    expect(posted.postings(beforeFounding)).toEqual([]);
  });

  it('closes a desk and opens it again', async () => {
    const closed = await applied(
      change('desk-closed', { desk: 'urn:serai:desk:rs:ncc', participant: RS, effectiveFrom: LATER }),
      community.rs.signer,
    );
    expect(closed.deskAt('urn:serai:desk:rs:ncc', founded)).toBeDefined();
    expect(closed.deskAt('urn:serai:desk:rs:ncc', later)).toBeUndefined();
    const reopening = desk(RS, 'ncc', '2026-08-01T00:00:00.000Z');
    const reopened = await closed.apply(await signDirectoryChange(reopening, [community.rs.signer]));
    expect(reopened.deskAt('urn:serai:desk:rs:ncc', later)).toBeUndefined();
    expect(reopened.deskAt('urn:serai:desk:rs:ncc', new Date('2026-08-01T00:00:00.000Z'))).toBeDefined();
  });
});

describe('consistency', () => {
  const conflicts: [string, () => DirectoryChange][] = [
    ['a key of somebody unknown', () => keyOf(TR, newEncryptionJwk(), 'enc')],
    ['a key that is registered already, for another owner', () => keyOf(IQ, community.rs.jwk)],
    ['a root key as a key of a participant', () => keyOf(RS, community.chairs[2].jwk)],
    ['a key that is never valid', () => keyOf(RS, newEncryptionJwk(), 'enc', FOUNDED)],
    ['a status of an unknown key', () => keyStatus(community.chairs[0].signer.kid, 'RETIRED')],
    ['an agency of somebody unknown', () => agency(TR)],
    [
      'an agency under the name of another participant',
      () => ({
        ...change('agency-registered', { agency: { id: 'urn:serai:agency:iq:fake', participant: RS, name: 'Fake' } }),
      }),
    ],
    [
      'a desk of an unknown agency',
      () => {
        const made = desk(RS, 'night');
        if (made.kind === 'desk-opened') made.desk.agency = 'urn:serai:agency:rs:none';
        return made;
      },
    ],
    [
      'a desk at an agency of another participant',
      () => {
        const made = desk(RS, 'night');
        if (made.kind === 'desk-opened') made.desk.agency = 'urn:serai:agency:iq:police';
        return made;
      },
    ],
    [
      'a desk under the name of another participant',
      () => {
        const made = desk(RS, 'night');
        if (made.kind === 'desk-opened') made.desk.id = 'urn:serai:desk:iq:night';
        return made;
      },
    ],
    ['closing a desk that is not open', () => change('desk-closed', { desk: 'urn:serai:desk:rs:no', participant: RS })],
    [
      'closing a desk of another participant',
      () => change('desk-closed', { desk: 'urn:serai:desk:iq:ncc', participant: RS }),
    ],
    ['a posting to nobody known', () => posting(TR)],
    ['a posting at home', () => posting(RS)],
    ['a posting from an agency of another participant', () => posting(RS, IQ)],
    ['a posting that is over when it begins', () => posting(IQ, RS, FOUNDED)],
  ];

  it.each(conflicts)('refuses %s', async (_name, made) => {
    await expect(appliedByRoot(made())).rejects.toMatchObject({ code: 'ERR_DIRECTORY_CONFLICT' });
  });

  it('refuses agreements with nobody, with oneself, twice, and out of force', async () => {
    const id = '01890000-0000-7000-8000-00000000a9e3';
    const grants = [{ from: RS, to: IQ, kinds: ['GENERAL' as const] }];
    const never = agreement(grants, id);
    if (never.kind === 'agreement-recorded') never.agreement.validUntil = FOUNDED;
    for (const made of [agreement(grants), agreement([{ from: RS, to: RS, kinds: ['GENERAL'] }], id), never]) {
      await expect(applied(made, community.rs.signer, community.iq.signer)).rejects.toMatchObject({
        code: 'ERR_DIRECTORY_CONFLICT',
      });
    }
  });

  it('refuses the same change, and another with the same id', async () => {
    const once = await community.byRoot(admission(TR));
    const next = await directory.apply(once);
    await expect(next.apply(once)).rejects.toMatchObject({ code: 'ERR_DIRECTORY_CONFLICT' });
    const [first] = directory.changes();
    const id = JSON.parse(Buffer.from(first!.payload, 'base64url').toString()).id as string;
    await expect(appliedByRoot({ ...admission(TR), id })).rejects.toMatchObject({ code: 'ERR_DIRECTORY_CONFLICT' });
  });

  it('refuses weak and unfit keys', async () => {
    const identity = Buffer.alloc(32);
    identity[0] = 1;
    const weak = { kty: 'OKP', crv: 'Ed25519', x: identity.toString('base64url') } as const;
    for (const made of [
      keyOf(RS, weak),
      keyOf(RS, newEncryptionJwk(), 'sig'),
      keyOf(RS, (await newHolder()).jwk, 'enc'),
    ]) {
      await expect(appliedByRoot(made)).rejects.toMatchObject({ code: 'ERR_TRUST_KEY_INVALID' });
    }
  });

  it('refuses another realm', async () => {
    await expect(appliedByRoot({ ...admission(TR), realm: 'training' })).rejects.toMatchObject({
      code: 'ERR_ENVELOPE_REALM',
    });
    const training = Directory.empty('training', community.roots);
    await expect(training.apply((await community.foundingChanges())[0]!)).rejects.toMatchObject({
      code: 'ERR_ENVELOPE_REALM',
    });
  });
});

describe('signatures', () => {
  const tampered: [string, (signed: SignedDirectoryChange) => SignedDirectoryChange][] = [
    ['a changed payload', (signed) => ({ ...signed, payload: altered(signed.payload, 40) })],
    ['a payload with padding', (signed) => ({ ...signed, payload: `${signed.payload}=` })],
    ['a payload that is no JSON', (signed) => ({ ...signed, payload: Buffer.from('{').toString('base64url') })],
    [
      'a payload with a duplicate member',
      (signed) => ({
        ...signed,
        payload: Buffer.from('{"id":"1","id":"2"}').toString('base64url'),
      }),
    ],
    [
      'a changed signature beside enough good ones',
      (signed) => withSignature(signed, 2, altered(signed.signatures[2]!.signature, 10)),
    ],
    ['a swapped signature', (signed) => withSignature(signed, 2, signed.signatures[0]!.signature)],
    ['a signature that is too short', (signed) => withSignature(signed, 2, 'AAAA')],
    ['another typ', (signed) => withHeader(signed, 2, { typ: 'serai-envelope+jws' })],
    ['another alg', (signed) => withHeader(signed, 2, { alg: 'ES256' })],
    ['an unknown header member', (signed) => withHeader(signed, 2, { crit: ['b64'] })],
  ];

  it.each(tampered)('refuses %s', async (_name, tamper) => {
    const signers = community.chairs.map(({ signer }) => signer);
    const signed = await signDirectoryChange(admission(TR), signers);
    expect((await directory.apply(signed)).version).toBe(directory.version + 1);
    await expect(directory.apply(tamper(signed))).rejects.toMatchObject({ code: 'ERR_DIRECTORY_MALFORMED' });
  });

  it('refuses to sign what is no change', async () => {
    const wrong = { ...admission(TR), effectiveFrom: 'yesterday' };
    await expect(signDirectoryChange(wrong, [community.rs.signer])).rejects.toMatchObject({
      code: 'ERR_DIRECTORY_MALFORMED',
    });
  });

  it('names keys by their thumbprint', async () => {
    expect(await thumbprint(community.rs.jwk)).toBe(community.rs.signer.kid);
  });
});

function altered(text: string, at: number): string {
  const char = text[at]!;
  return text.slice(0, at) + (char === 'A' ? 'B' : 'A') + text.slice(at + 1);
}

function withSignature(signed: SignedDirectoryChange, at: number, signature: string): SignedDirectoryChange {
  return { ...signed, signatures: signed.signatures.map((part, i) => (i === at ? { ...part, signature } : part)) };
}

function withHeader(signed: SignedDirectoryChange, at: number, members: object): SignedDirectoryChange {
  const signatures = signed.signatures.map((part, i) => {
    if (i !== at) return part;
    const header = { ...JSON.parse(Buffer.from(part.protected, 'base64url').toString()), ...members };
    return { ...part, protected: Buffer.from(JSON.stringify(header)).toString('base64url') };
  });
  return { ...signed, signatures };
}
