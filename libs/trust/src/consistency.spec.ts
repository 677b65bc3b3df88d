import type { DirectoryChange } from '#libs/contracts';
import type { Signer } from '#libs/envelope';
import {
  admission,
  agency,
  agreement,
  Community,
  change,
  desk,
  FOUNDED,
  IQ,
  keyOf,
  keyStatus,
  newEncryptionJwk,
  newHolder,
  posting,
  RS,
  TR,
} from './community.fixture.js';
import { Directory, signDirectoryChange } from './index.js';

let community: Community;
let directory: Directory;

beforeAll(async () => {
  community = await Community.found();
  directory = await community.directory();
});

const applied = async (made: DirectoryChange, ...signers: Signer[]) =>
  directory.apply(await signDirectoryChange(made, signers));
const appliedByRoot = async (made: DirectoryChange) => directory.apply(await community.byRoot(made));

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
