import type { DirectoryChange } from '#libs/contracts';
import type { Signer } from '#libs/envelope';
import {
  admission,
  agency,
  agreement,
  Community,
  change,
  DIRECTORY_SERVICE,
  desk,
  FOUNDED,
  IQ,
  keyOf,
  keyStatus,
  logPolicyText,
  newEncryptionJwk,
  newHolder,
  posting,
  RS,
  TR,
} from './community.fixture.js';
import { Directory, signDirectoryChange } from './index.js';

const founded = new Date(FOUNDED);

let community: Community;
let directory: Directory;

beforeAll(async () => {
  community = await Community.found();
  directory = await community.directory();
});

/** A desk of the participant that makes it a secretariat. */
function secretariat(): DirectoryChange {
  const made = desk(RS, 'office');
  return made.kind === 'desk-opened' ? { ...made, desk: { ...made.desk, kind: 'SECRETARIAT' } } : made;
}

const applied = async (made: DirectoryChange, ...signers: Signer[]) =>
  directory.apply(await signDirectoryChange(made, signers));
const appliedByRoot = async (made: DirectoryChange) => directory.apply(await community.byRoot(made));

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
    ['log-policy-set', change('log-policy-set', { policy: logPolicyText(3, 3) })],
    ['desk-opened of a secretariat', secretariat()],
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
