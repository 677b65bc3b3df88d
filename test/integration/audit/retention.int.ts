import { failOnLeaks } from '#libs/testing';
import { leafHash, serialiseVerifierKey, verifyInclusion } from '#libs/transparency-log';
import { prune } from '../../../apps/audit/src/retention/prune.js';
import { RetentionRepository } from '../../../apps/audit/src/retention/retention.repository.js';
import { provenLeaves, StoredLog } from './support/stored-log.js';
import { cosigner } from './support/test-log.js';

jest.setTimeout(120_000);

/** 300 leaves from long ago, then 200 of 91 days ago, then 100 of today; all of it published. */
describe('a prune', () => {
  let log: StoredLog;

  beforeEach(async () => {
    log = await StoredLog.begin();
    await log.grow(300, 1_000);
    await log.grow(200, 91);
    await log.grow(100);
  });
  afterEach(() => log.end());
  failOnLeaks();

  const salts = async () =>
    (await log.sql<{ leaf: string }>('select leaf from audit.leaf_salt order by leaf')).map(({ leaf }) => Number(leaf));
  const ranges = () =>
    log.sql('select first_leaf::int, end_leaf::int, retention_days, head_size::int from audit.pruned_range order by 1');
  const numbersFrom = (begin: number) => Array.from({ length: 600 - begin }, (_, place) => begin + place);

  it('destroys what opens the leaves that are older than the policy, and nothing else', async () => {
    const before = await provenLeaves(log, [0, 299, 499, 500, 599]);
    const { code, out } = await log.prune();
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ begin: 0, end: 500, salts: 500, dryRun: false });
    expect(await salts()).toEqual(numbersFrom(500));
    expect(await ranges()).toEqual([{ first_leaf: 0, end_leaf: 500, retention_days: 90, head_size: 600 }]);
    // Every proof stays good, and the tiles are what they were.
    const after = await provenLeaves(log, [0, 299, 499, 500, 599]);
    expect(after).toEqual(before);
    for (const { index, entry, proof } of after) {
      expect(() =>
        verifyInclusion({ index, size: 600, leafHash: leafHash(entry), proof, root: log.root }),
      ).not.toThrow();
    }
    const { code: clean, rules, looked } = await log.fsck('all');
    expect([clean, rules]).toEqual([0, []]);
    expect(looked['private']).toEqual({ pruned: 500, opened: 100 });
  });

  it('goes on where the one before it ended', async () => {
    expect(JSON.parse((await log.prune([], { days: '500' })).out)).toMatchObject({ begin: 0, end: 300, salts: 300 });
    expect(JSON.parse((await log.prune()).out)).toMatchObject({ begin: 300, end: 500, salts: 200 });
    expect(JSON.parse((await log.prune()).out)).toMatchObject({ begin: 500, end: 500, salts: 0 });
    // A longer policy gives nothing back.
    expect(JSON.parse((await log.prune([], { days: '2000' })).out)).toMatchObject({ begin: 500, end: 500, salts: 0 });
    expect(await ranges()).toHaveLength(2);
    expect(await log.fsck('private')).toMatchObject({ code: 0 });
  });

  it('only says what it would do, when it is asked to', async () => {
    const { code, out } = await log.prune(['--dry-run']);
    expect([code, JSON.parse(out)]).toEqual([
      0,
      expect.objectContaining({ begin: 0, end: 500, salts: 500, dryRun: true }),
    ]);
    expect([(await salts()).length, await ranges()]).toEqual([600, []]);
  });

  it('stops before the first leaf that is young, whatever comes behind it', async () => {
    await log.sequence(log.newRecords(50, undefined, new Date(0)));
    await log.publish();
    expect(JSON.parse((await log.prune()).out)).toMatchObject({ begin: 0, end: 500 });
  });

  it('takes nothing that is not under a witnessed head', async () => {
    await log.sql('alter table audit.leaf disable trigger all');
    await log.sql(`update audit.leaf set accepted_at = now() - interval '100 days'`);
    await log.sql('alter table audit.leaf enable trigger all');
    await log.sequence(log.newRecords(70, undefined, new Date(0)));
    await log.sequence(log.newRecords(1));
    expect(JSON.parse((await log.prune()).out)).toMatchObject({ begin: 0, end: 600 });
    const witness = serialiseVerifierKey(cosigner('rs.witness').key);
    const refused = await log.prune([], { witnesses: `witness rs ${witness}\nquorum rs` });
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('Nothing is pruned')]);
    expect((await salts()).length).toBe(71);
  });

  it('needs a policy, of ninety days at least', async () => {
    expect(await log.prune([], { days: '' })).toMatchObject({ code: 2, err: expect.stringContaining('no policy') });
    expect(await log.prune([], { days: '89' })).toMatchObject({ code: 2, err: expect.stringContaining('from 90') });
    expect(await log.prune(['--all'])).toMatchObject({ code: 2, err: expect.stringContaining('--help') });
    expect((await salts()).length).toBe(600);
  });

  it('is finished by the next one when it dies on the way, and takes again what a restored backup brings back', async () => {
    class Dying extends RetentionRepository {
      override async destroySalts(begin: number): Promise<number> {
        await super.destroySalts(begin, begin + 10);
        throw new Error('died');
      }
    }
    const head = { origin: '', size: 600, root: log.root, extensions: [] };
    const dying = {
      ...{ repository: new Dying(log.dataSource), retentionDays: 90, head, dryRun: false, now: new Date() },
      onProgress: () => undefined,
    };
    await expect(prune(dying)).rejects.toThrow('died');
    expect([(await salts()).length, (await ranges()).length]).toEqual([590, 1]);
    expect((await log.fsck('private')).rules).toEqual(['private SALT_KEPT']);
    expect(JSON.parse((await log.prune()).out)).toMatchObject({ begin: 500, end: 500, salts: 490 });
    expect(await log.fsck('private')).toMatchObject({ code: 0 });
    await log.asSuperuser(`insert into audit.leaf_salt select 7, wrapped from audit.leaf_salt where leaf = 500`);
    expect((await log.fsck('private')).rules).toEqual(['private SALT_KEPT', 'private LEAF_UNOPENED']);
    expect(JSON.parse((await log.prune()).out)).toMatchObject({ salts: 1 });
    expect(await log.fsck('private')).toMatchObject({ code: 0 });
  });

  it('hides nothing from fsck: neither salts that went without it, nor decisions that nobody could have taken', async () => {
    await log.prune([], { days: '500' });
    await log.asSuperuser('delete from audit.leaf_salt where leaf = 300');
    expect((await log.fsck('private')).findings).toEqual([
      expect.objectContaining({ rule: 'SALT_MISSING', at: { leaf: 300 } }),
    ]);
    await log.sql('alter table audit.pruned_range disable trigger all');
    await log.sql(`insert into audit.pruned_range select 301, 302, now(), 90, 600, '\\x00', now()`);
    await log.sql('alter table audit.pruned_range enable trigger all');
    expect((await log.fsck('private')).findings).toContainEqual(
      expect.objectContaining({ rule: 'PRUNE_BROKEN', at: { firstLeaf: 301 } }),
    );
    await expect(log.sql('delete from audit.pruned_range')).rejects.toThrow('only ever added');
  });
});
