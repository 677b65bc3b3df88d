import { parsePolicy, SIGNATURE_TYPE } from '#libs/transparency-log';
import { Community, change, FOUNDED, freshKey, LATER, logPolicyText } from './community.fixture.js';
import type { Directory } from './index.js';
import { weaknessOfLogPolicy, logPolicyText as writtenPolicy } from './log-policy.js';

describe(weaknessOfLogPolicy.name, () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 3],
    [7, 5],
    [9, 7],
  ])('of %i witnesses asks for %i, and not for one less', (count, least) => {
    expect(weaknessOfLogPolicy(logPolicyText(count, least))).toBeUndefined();
    if (least > 1) expect(weaknessOfLogPolicy(logPolicyText(count, least - 1))).toContain(`and ${least} of them`);
  });

  it('refuses a text without quorum, log or witnesses, a group of some, and keys that are none', () => {
    const good = logPolicyText(4, 3);
    const without = (start: string) => good.replace(new RegExp(`^${start}.*\n`, 'gm'), '');
    expect(weaknessOfLogPolicy(without('quorum'))).toContain('no quorum');
    expect(weaknessOfLogPolicy(without('log'))).toBe('names no log');
    expect(weaknessOfLogPolicy(`${without('(witness|group|quorum)')}quorum none\n`)).toBe('names no witness');
    expect(weaknessOfLogPolicy(good.replace('group all 3 w1 w2 w3 w4', 'group all 3 w1 w2 w3'))).toContain('all 4');
    expect(weaknessOfLogPolicy(good.replace('quorum all', 'quorum w1'))).toContain('all 4');
    expect(weaknessOfLogPolicy(good.replace('hub.example', 'hub2.example'))).toContain('cannot be read');
  });
});

describe('a written log policy', () => {
  it.each([
    [1, 1],
    [2, 2],
    [4, 3],
    [5, 4],
  ])('of %i witnesses asks for %i', (count, threshold) => {
    const names = Array.from({ length: count }, (_, index) => `w${index + 1}`);
    const log = freshKey('hub.example/audit/2026', SIGNATURE_TYPE.ED25519);
    const witnesses = new Map(names.map((name) => [name, freshKey(name, SIGNATURE_TYPE.COSIGNATURE_V1)]));
    const text = writtenPolicy({ log, witnesses });
    expect(weaknessOfLogPolicy(text)).toBeUndefined();
    expect(parsePolicy(Buffer.from(text))).toMatchObject({
      logs: [{ key: { keyId: log.keyId } }],
      witnesses: names.map((name) => ({ name, key: { keyId: witnesses.get(name)?.keyId } })),
      groups: [{ threshold, members: names }],
    });
  });
});

describe('the log policy of a directory', () => {
  let community: Community;
  let directory: Directory;
  const first = logPolicyText(4, 3);
  const second = logPolicyText(5, 4);

  beforeAll(async () => {
    community = await Community.found();
    directory = await community.directory();
    for (const [policy, effectiveFrom] of [
      [first, FOUNDED],
      [second, LATER],
    ] as const)
      directory = await directory.apply(await community.byRoot(change('log-policy-set', { policy, effectiveFrom })));
  });

  it('is the one in force at the instant', () => {
    expect(directory.logPolicyAt(new Date('2025-12-31T23:59:59.999Z'))).toBeUndefined();
    expect(directory.logPolicyAt(new Date(FOUNDED))?.text).toBe(first);
    expect(directory.logPolicyAt(new Date(LATER))).toMatchObject({ text: second, effectiveFrom: LATER });
    expect(directory.logPolicies().map(({ policy }) => policy.witnesses.length)).toEqual([4, 5]);
  });

  it('cannot be set to one that too few witnesses satisfy', async () => {
    const weak = await community.byRoot(change('log-policy-set', { policy: logPolicyText(4, 2) }));
    await expect(directory.apply(weak)).rejects.toMatchObject({
      code: 'ERR_DIRECTORY_CONFLICT',
      message: expect.stringContaining('one group of all 4 witnesses, and 3 of them') as string,
    });
  });
});
