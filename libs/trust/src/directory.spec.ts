import type { DirectoryChange, SignedDirectoryChange } from '#libs/contracts';
import { thumbprint } from '#libs/envelope';
import {
  AGREEMENT,
  admission,
  Community,
  DIRECTORY_SERVICE,
  EXPIRY,
  FOUNDED,
  IQ,
  LATER,
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

const appliedByRoot = async (made: DirectoryChange) => directory.apply(await community.byRoot(made));

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
