import { generateKeyPairSync } from 'node:crypto';
import { rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { failOnLeaks } from '#libs/testing';
import { SIGNATURE_TYPE, serialiseVerifierKey, signerKey } from '#libs/transparency-log';
import { PRODUCER, recordOf, StoredLog } from './support/stored-log.js';
import { cosigner, ORIGIN } from './support/test-log.js';

jest.setTimeout(120_000);

const otherKey = signerKey(ORIGIN, SIGNATURE_TYPE.ED25519, generateKeyPairSync('ed25519').privateKey);

describe('fsck', () => {
  let log: StoredLog;

  beforeEach(async () => {
    log = await StoredLog.begin();
    await log.grow(100);
    await log.grow(200);
    await log.grow(300);
  });
  afterEach(() => log.end());
  failOnLeaks();

  it('finds nothing in a log that is whole, and looks at all of it', async () => {
    const { code, rules, looked } = await log.fsck('all');
    expect([code, rules]).toEqual([0, []]);
    expect(looked).toEqual({
      tiles: { leaves: 600, tiles: 4, partials: 5 },
      db: {
        batches: expect.any(Number),
        leaves: 600,
        compared: 600,
        checkpoints: 3,
        partitions: 1,
        ranges: expect.any(Number),
      },
      private: { opened: 600 },
      producers: { producers: 1, leaves: 600 },
    });
  });

  it('finds nothing while the log is ahead of what is published, and where it was cut into many batches', async () => {
    for (const record of log.newRecords(20)) await log.sequence([record]);
    expect(await log.fsck('all')).toMatchObject({ code: 0, rules: [], looked: { db: { leaves: 620, compared: 600 } } });
  });

  describe('tiles', () => {
    it.each([
      ['tile/entries/000', 'TILE_WRONG', 'tile/0/000'],
      ['tile/entries/002.p/88', 'TILE_WRONG', 'tile/0/002.p/88'],
      ['tile/0/001', 'TILE_WRONG', 'tile/0/001'],
      ['tile/0/002.p/88', 'TILE_WRONG', 'tile/0/002.p/88'],
      ['tile/1/000.p/2', 'TILE_WRONG', 'tile/1/000.p/2'],
      ['tile/0/000.p/100', 'PARTIAL_WRONG', 'tile/0/000.p/100'],
      ['tile/entries/000.p/100', 'PARTIAL_WRONG', 'tile/entries/000.p/100'],
      ['tile/1/000.p/1', 'PARTIAL_WRONG', 'tile/1/000.p/1'],
    ])('finds one bit of %s', async (name, rule, where) => {
      await log.damage(name, 9);
      const { code, findings } = await log.fsck('tiles');
      expect(code).toBe(1);
      expect(findings).toContainEqual(expect.objectContaining({ rule, at: { path: where } }));
    });

    it.each([
      ['tile/entries/001', 'BUNDLE_MISSING'],
      ['tile/0/001', 'TILE_MISSING'],
      ['tile/1/000.p/2', 'TILE_MISSING'],
    ])('finds that %s is gone, or not whole', async (name, rule) => {
      await truncate(log.file(name), 40);
      expect((await log.fsck('tiles')).findings[0]!.rule).toBe(rule === 'TILE_MISSING' ? 'TILE_WRONG' : rule);
      await rm(log.file(name));
      expect((await log.fsck('tiles')).findings).toEqual([
        expect.objectContaining({ rule, at: expect.objectContaining({ path: name }) }),
      ]);
      await rm(log.file('tile/0/001'), { force: true });
      await rm(log.file('tile/entries/001'), { force: true });
      expect(await log.fsck('tiles')).toMatchObject({ code: 1 });
    });

    it('finds a checkpoint that is changed, of somebody else, not witnessed, or not there', async () => {
      await log.publish(otherKey);
      expect((await log.fsck('tiles')).rules).toEqual(['tiles CHECKPOINT_REFUSED']);
      await log.publish();
      await log.damage('checkpoint', ORIGIN.length + 1);
      expect((await log.fsck('tiles')).rules).toEqual(['tiles CHECKPOINT_REFUSED']);
      await log.publish();
      const policy = path.join(log.folder, 'policy');
      const vkey = serialiseVerifierKey(log.key.key);
      const witness = serialiseVerifierKey(cosigner('rs.witness').key);
      await writeFile(policy, `log ${vkey}\nwitness rs ${witness}\nquorum rs\n`);
      expect((await log.fsck('tiles', { args: ['--policy', policy] })).findings).toEqual([
        expect.objectContaining({ rule: 'CHECKPOINT_REFUSED', at: { code: 'ERR_LOG_QUORUM' } }),
      ]);
      await writeFile(policy, `log ${vkey}\nquorum none\n`);
      expect(await log.fsck('tiles', { args: ['--policy', policy] })).toMatchObject({ code: 0 });
      await rm(log.file('checkpoint'));
      expect((await log.fsck('tiles')).rules).toEqual(['tiles CHECKPOINT_MISSING']);
    });

    it('finds a checkpoint over a root that the entries do not have', async () => {
      await log.asSuperuser(`update audit.leaf set entry = set_byte(entry, 5, get_byte(entry, 5) # 1) where index = 7`);
      await rm(path.join(log.logFolder, 'tile'), { recursive: true });
      await log.rewriteTiles();
      // Leaf, tiles and bundles tell the same: the signed root does not.
      expect((await log.fsck('tiles')).rules).toEqual(['tiles ROOT_WRONG']);
    });
  });

  describe('db', () => {
    const EDIT = 'update audit.leaf set entry = set_byte(entry, 5, get_byte(entry, 5) # 1) where index = 300';
    const found = async () => (await log.fsck('db')).rules.map((rule) => rule.replace('db ', ''));

    it('finds a leaf that a superuser changed, and which', async () => {
      await log.asSuperuser(EDIT);
      const { rules, findings } = await log.fsck('db');
      expect(rules).toEqual(['db BATCH_WRONG', 'db BUNDLE_DIFFERS']);
      expect(findings.find(({ rule }) => rule === 'BUNDLE_DIFFERS')!.at).toMatchObject({ leaf: 300 });
    });

    it('finds a leaf that was changed with all hashes of the database', async () => {
      await log.asSuperuser(EDIT);
      await log.rewriteBatches();
      expect(await found()).toEqual(['ROOT_WRONG', 'CHECKPOINT_DIFFERS', 'BUNDLE_DIFFERS']);
    });

    it('finds a leaf that was changed with all hashes and tiles', async () => {
      await log.asSuperuser(EDIT);
      await log.rewriteBatches();
      await rm(path.join(log.logFolder, 'tile'), { recursive: true });
      await log.rewriteTiles();
      expect(await found()).toEqual(['ROOT_WRONG', 'CHECKPOINT_DIFFERS']);
    });

    it('finds that two leaves were swapped', async () => {
      await log.asSuperuser(
        'update audit.leaf set index = -1 where index = 20',
        'update audit.leaf set index = 20 where index = 30',
        'update audit.leaf set index = 30 where index = -1',
      );
      expect(await found()).toEqual(expect.arrayContaining(['BATCH_WRONG', 'ORDER_BROKEN', 'BUNDLE_DIFFERS']));
    });

    it.each([600, -1])('finds a leaf that was added at %i', async (index) => {
      await log.asSuperuser(
        `insert into audit.leaf (index, entry, topic, partition, record_offset, accepted_at, message_hash)
         select ${index}, entry, topic, partition, 600, accepted_at, message_hash from audit.leaf where index = 5`,
      );
      expect(await found()).toEqual(['LEAF_UNBATCHED']);
    });

    it('finds a leaf that was added between others, with a batch that counts it', async () => {
      await log.asSuperuser(
        'update audit.leaf set index = index + 10000 where index >= 50',
        `insert into audit.leaf (index, entry, topic, partition, record_offset, accepted_at, message_hash)
         select 50, entry, topic, partition, 999, accepted_at, message_hash from audit.leaf where index = 5`,
        'update audit.leaf set index = index - 9999 where index >= 10000',
        'update audit.log_batch set first_leaf = first_leaf + 1 where first_leaf > 0',
        'update audit.log_batch set leaves = leaves + 1 where first_leaf = 0',
      );
      expect(await found()).toEqual(expect.arrayContaining(['BATCH_WRONG', 'ORDER_BROKEN', 'BUNDLE_DIFFERS']));
    });

    it('finds a leaf that was removed, and goes on behind its batch', async () => {
      await log.asSuperuser('delete from audit.leaf where index = 50');
      expect(await found()).toEqual(['LEAF_MISSING']);
      await log.asSuperuser('delete from audit.leaf where index = 599');
      const { findings } = await log.fsck('db');
      expect(findings.filter(({ rule }) => rule === 'LEAF_MISSING')).toHaveLength(2);
    });

    it('finds that the end was cut off, down to an older state', async () => {
      await log.asSuperuser(
        'delete from audit.leaf where index >= 100',
        'delete from audit.leaf_salt where leaf >= 100',
        'delete from audit.log_batch where first_leaf >= 100',
        'delete from audit.consumed where from_offset >= 100',
      );
      expect((await log.fsck('db')).findings.map(({ rule, at }) => [rule, at['size']])).toEqual([
        ['LOG_CUT', 100],
        ['CHECKPOINT_DIFFERS', 300],
        ['CHECKPOINT_DIFFERS', 600],
      ]);
      await log.asSuperuser('delete from audit.checkpoint where size > 100');
      expect(await found()).toEqual(['LOG_CUT']);
    });

    it.each([
      [
        'another root',
        'root = set_byte(root, 3, get_byte(root, 3) # 1)',
        ['CHECKPOINT_DIFFERS', 'CHECKPOINT_UNSIGNED'],
      ],
      ['another signature', 'note = set_byte(note, 150, get_byte(note, 150) # 1)', ['CHECKPOINT_UNSIGNED']],
      ['another size', 'size = 301', ['CHECKPOINT_DIFFERS', 'CHECKPOINT_UNSIGNED']],
      [
        'the note of another one',
        'note = (select note from audit.checkpoint where size = 600)',
        ['CHECKPOINT_UNSIGNED'],
      ],
    ])('finds a checkpoint in the database with %s', async (_, change, rules) => {
      await log.asSuperuser(`update audit.checkpoint set ${change} where size = 300`);
      const { code, findings } = await log.fsck('db');
      expect([code, findings.map(({ rule }) => rule)]).toEqual([1, rules]);
      expect(findings.map(({ at }) => at['size'])).toEqual(rules.map(() => (change === 'size = 301' ? 301 : 300)));
    });

    it('finds checkpoints in the database that somebody else has signed', async () => {
      await log.asSuperuser('delete from audit.checkpoint where size = 600');
      await log.publish(otherKey);
      await log.publish();
      expect((await log.fsck('db')).findings).toEqual([
        expect.objectContaining({ rule: 'CHECKPOINT_UNSIGNED', at: { size: 600 } }),
      ]);
    });

    it('believes what a key signed that the log had before, where it is named', async () => {
      const [key, former] = [otherKey.key, log.key.key].map(serialiseVerifierKey) as [string, string];
      await log.publish(otherKey);
      const unnamed = await log.fsck('db', { args: ['--key', key] });
      expect([unnamed.code, unnamed.rules]).toEqual([1, ['db CHECKPOINT_UNSIGNED']]);
      expect(await log.fsck('db', { args: ['--key', key, '--former', former] })).toMatchObject({ code: 0, rules: [] });
      expect((await log.fsck('tiles', { args: ['--key', former, '--former', key] })).rules).toEqual([
        'tiles CHECKPOINT_REFUSED',
      ]);
      expect(await log.fsck('db', { args: ['--key', key, '--former', 'x'] })).toMatchObject({ code: 2 });
    });

    it.each([
      ['frontier = set_byte(frontier, 3, get_byte(frontier, 3) # 1)', ['BATCH_WRONG']],
      [`frontier = frontier || '\\x00'::bytea`, ['BATCH_WRONG']],
      ['leaves = leaves + 1', ['LEAF_MISSING', 'BATCH_MISPLACED', 'BATCH_WRONG', 'BUNDLE_DIFFERS']],
      ['leaves = 2000000000', ['LEAF_MISSING']],
      ['fence = 99', ['FENCE_BROKEN']],
    ])('finds a batch with %s', async (change, rules) => {
      await log.asSuperuser(`update audit.log_batch set ${change} where first_leaf = 0`);
      expect((await found()).some((rule) => rules.includes(rule))).toBe(true);
    });

    it('finds gaps and overlaps of what was read, and leaves behind its end', async () => {
      await log.asSuperuser('update audit.consumed set to_offset = to_offset - 1 where from_offset = 0');
      expect(await found()).toEqual(['RANGE_BROKEN']);
      await log.asSuperuser('delete from audit.consumed where from_offset > 0');
      expect(await found()).toEqual(['LEAF_UNREAD']);
      await log.asSuperuser('update audit.consumed set from_offset = 5');
      expect(await found()).toEqual(['RANGE_BROKEN', 'LEAF_UNREAD']);
    });
  });

  describe('private', () => {
    it.each([
      `message_hash = set_byte(message_hash, 3, get_byte(message_hash, 3) # 1)`,
      `topic = 'requests.events'`,
      'partition = 7',
      'record_offset = 700000',
      `accepted_at = accepted_at - interval '1 hour'`,
      'envelope_id = null',
      `producer = 'urn:serai:participant:iq'`,
      `producer_sequence = '77'`,
      'type = null',
      'entry = set_byte(entry, 0, 2)',
    ])('finds a leaf with %s', async (change) => {
      await log.asSuperuser(`update audit.leaf set ${change} where index = 299`);
      expect((await log.fsck('private')).findings).toEqual([
        expect.objectContaining({ rule: 'LEAF_UNOPENED', at: { leaf: 299 } }),
      ]);
    });

    it('finds salts that were gone, changed, exchanged, or belong to nothing', async () => {
      await log.asSuperuser('delete from audit.leaf_salt where leaf in (0, 300, 599)');
      await log.asSuperuser(
        'update audit.leaf_salt set wrapped = set_byte(wrapped, 31, get_byte(wrapped, 31) # 1) where leaf = 1',
        `update audit.leaf_salt set wrapped = wrapped || '\\x00'::bytea where leaf = 2`,
        'update audit.leaf_salt a set wrapped = b.wrapped from audit.leaf_salt b where a.leaf = 10 and b.leaf = 11',
        'insert into audit.leaf_salt select 10000, wrapped from audit.leaf_salt where leaf = 12',
      );
      expect((await log.fsck('private')).findings.map(({ rule, at }) => [rule, at])).toEqual([
        ['SALT_STRAY', { count: 1 }],
        ['SALT_MISSING', { leaf: 0 }],
        ['LEAF_UNOPENED', { leaf: 1 }],
        ['LEAF_UNOPENED', { leaf: 2 }],
        ['LEAF_UNOPENED', { leaf: 10 }],
        ['SALT_MISSING', { leaf: 300 }],
        ['SALT_MISSING', { leaf: 599 }],
      ]);
    });
  });

  describe('producers', () => {
    it('finds a number that was left out, and one that was used twice', async () => {
      await log.sequence(log.newRecords(4, [602, 603, 603, 604]));
      expect((await log.fsck('producers')).findings.map(({ rule, at }) => [rule, at])).toEqual([
        ['NUMBER_MISSING', { leaf: 600, producer: PRODUCER, number: '602', before: '600' }],
        ['NUMBER_REUSED', { leaf: 602, producer: PRODUCER, number: '603' }],
      ]);
    });

    it('waits for numbers that may still come, and takes one envelope on two topics for one', async () => {
      const [record] = log.newRecords(1);
      await log.sequence([record!, recordOf(0n, record!.value, 'requests.submissions.requests.parked')]);
      expect(await log.fsck('producers')).toMatchObject({ code: 0 });
      await log.sequence(log.newRecords(1, [700]));
      expect(await log.fsck('producers')).toMatchObject({ code: 1 });
      expect(await log.fsck('producers', { args: ['--settle', '600'] })).toMatchObject({ code: 0 });
    });
  });

  describe('the command', () => {
    it.each([
      [['nothing'], 'Say what to check'],
      [['tiles', 'db'], 'Say what to check'],
      [['tiles'], 'whose checkpoints'],
      [['db', '--policy', 'a', '--key', 'b'], 'not both'],
      [['db', '--key', 'b', '--settle', 'x'], 'seconds'],
      [['db', '--quick'], 'Unknown option'],
    ])('is called wrongly by %j', async (args, sentence) => {
      const { code, err } = await log.fsck(args[0]!, { args: args.slice(1) });
      expect(code).toBe(2);
      expect(err).toContain(sentence);
    });

    it.each([
      ['tiles', ['--key', 'no key'], {}],
      ['tiles', ['--policy', '/nowhere'], {}],
      ['tiles', undefined, { SERAI_AUDIT_LOG_FOLDER: '' }],
      ['db', undefined, { SERAI_POSTGRES_URL: 'postgres://nobody@127.0.0.1:1/none' }],
      ['private', undefined, { SERAI_KEYSTORE_PASSPHRASE: 'wrong' }],
    ])('can not run %s with %j and %j', async (part, args, env) => {
      const { code, err } = await log.fsck(part, { ...(args && { args }), env });
      expect(code).toBe(2);
      expect(err).not.toBe('');
    });
  });
});
