import type { DirectoryChange } from '#libs/contracts';
import type { Signer } from '#libs/envelope';
import {
  admission,
  applyAll,
  Community,
  change,
  desk,
  EXPIRY,
  FOUNDED,
  IQ,
  keyStatus,
  LATER,
  newHolder,
  posting,
  RS,
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

describe('what is tolerated', () => {
  const kid = () => community.rs.signer.kid;

  it('is a key that was reported as compromised, for who marks it; never one that was retired', async () => {
    const compromised = await appliedByRoot(keyStatus(kid(), 'COMPROMISED'));
    expect(compromised.keyResolver({ compromised: true })(kid(), 'sig', later).kid).toBe(kid());
    expect(() => compromised.keyResolver({ suspended: true })(kid(), 'sig', later)).toThrow();
    const retired = await appliedByRoot(keyStatus(kid(), 'RETIRED'));
    expect(() => retired.keyResolver({ compromised: true })(kid(), 'sig', later)).toThrow();
    const ended = new Date(EXPIRY);
    expect(() => compromised.keyResolver({ compromised: true })(kid(), 'sig', ended)).toThrow();
  });

  it('is the key of a suspended participant, for who tells it so; not that of a stranger to the day', async () => {
    const suspended = await appliedByRoot(admission(IQ, 'SUSPENDED', LATER));
    const key = community.iq.signer.kid;
    expect(suspended.keyResolver({ suspended: true })(key, 'sig', later).owner).toBe(IQ);
    expect(() => suspended.keyResolver({ compromised: true })(key, 'sig', later)).toThrow();
    expect([suspended.isSuspended(IQ, founded), suspended.isSuspended(IQ, later)]).toEqual([false, true]);
    expect(suspended.admitted(later)).toEqual(expect.arrayContaining([RS, IQ]));
    expect(suspended.participants(later).map(({ id }) => id)).not.toContain(IQ);
    expect(suspended.admitted(beforeFounding)).toEqual([]);
  });

  it('counts a key as compromised from the earliest moment that was ever said', async () => {
    expect(directory.compromisedFrom(kid())).toBeUndefined();
    const first = await appliedByRoot(keyStatus(kid(), 'COMPROMISED'));
    const earlier = '2026-03-01T00:00:00.000Z';
    const second = await first.apply(await community.byRoot(keyStatus(kid(), 'COMPROMISED', earlier)));
    expect(first.compromisedFrom(kid())).toEqual(later);
    expect(second.compromisedFrom(kid())).toEqual(new Date(earlier));
    const third = await second.apply(await community.byRoot(keyStatus(kid(), 'COMPROMISED', EXPIRY)));
    expect(third.compromisedFrom(kid())).toEqual(new Date(earlier));
    expect(first.compromisedFrom(kid())).toEqual(later);
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
    expect(posted.endedPostings(new Date(later.getTime() - 1))).toEqual([]);
    expect(posted.endedPostings(later)).toMatchObject([{ host: IQ, officer: 'o-3f9a1c2e' }]);
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
