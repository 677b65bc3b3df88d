import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EvidenceWorkshop } from '#libs/testing';
import { LANGUAGES, makePack, RULES, summarise, verifyPack } from '../index.js';
import { altered, flipped, forged } from '../pack/damage.fixture.js';
import { readZip } from '../pack/zip.js';

jest.setTimeout(60_000);

let workshop: EvidenceWorkshop;
let zip: Buffer;

beforeAll(async () => {
  workshop = await EvidenceWorkshop.open();
  zip = await makePack(await workshop.parts(), workshop);
});

const failedRules = async (pack: Buffer, anchors: { roots: EvidenceWorkshop['roots'] } = workshop) => {
  const { checks, holds, facts } = await verifyPack(pack, anchors);
  expect(holds).toBe(false);
  expect(facts).toBeUndefined();
  return [...new Set(checks.filter((check) => !check.holds).map(({ rule }) => rule))];
};

describe(verifyPack.name, () => {
  it('accepts an honest pack and says what follows', async () => {
    const { holds, checks, facts } = await verifyPack(zip, workshop);
    expect(checks.filter((check) => !check.holds)).toEqual([]);
    expect(holds).toBe(true);
    const ofOthers = /^(entries|root|records-.*|joint-.*|access-.*|statistics-.*|basis-.*)$/;
    const packRules = Object.keys(RULES).filter((rule) => !ofOthers.test(rule));
    expect(new Set(checks.map(({ rule }) => rule))).toEqual(new Set(packRules));
    expect(facts).toMatchObject({
      leg: workshop.leg,
      kind: 'IDENTITY',
      request: {
        by: { name: 'Serbia (invented)', desk: 'urn:serai:desk:rs:ncc', officer: 'o-3f9a1c2e' },
        statedAt: '2026-11-22T03:12:01.000Z',
        acceptedAt: '2026-11-22T03:12:01.050Z',
        witnessedAt: '2026-11-22T03:13:00.000Z',
      },
      delivery: { deliveredAt: '2026-11-22T03:12:03.050Z' },
      reads: [{ by: { officer: 'o-aa11bb22' }, witnessedAt: '2026-11-22T03:14:00.000Z' }],
      state: { status: 'DELIVERED', version: 3 },
      policies: { agreement: { title: 'Memorandum rs-iq (invented)' } },
      logs: [{ origin: 'hub.example/audit/2026', witnesses: ['rs', 'iq', 'tr'] }],
    });
  });

  it('refuses every file with one bit changed, by the manifest; and by a rule of its own where the manifest was forged too', async () => {
    const own: Record<string, string[]> = {
      'envelope.jws': ['leaf-opening'],
      'receipt.jws': ['receipt-signature'],
      'opening.json': ['leaf-opening', 'inclusion'],
      'inclusion.tlog-proof': ['inclusion', 'checkpoint-signature', 'witness-quorum'],
      checkpoint: ['checkpoint-signature', 'witness-quorum', 'consistency'],
      consistency: ['consistency'],
      'changes.json': ['directory-chain'],
      'statement.jws': ['directory-statement'],
      txt: ['summary'],
    };
    const { files } = readZip(zip);
    for (const [path, bytes] of files) {
      const rules = Object.entries(own).find(([end]) => path.endsWith(end))?.[1];
      const middle = bytes.length >> 1;
      expect(await failedRules(altered(zip, (all) => all.set(path, flipped(bytes, middle))))).toContain(
        'pack-manifest',
      );
      if (rules === undefined) continue;
      for (const at of [0, middle, bytes.length - 1]) {
        const [first] = await failedRules(forged(zip, (all) => all.set(path, flipped(bytes, at))));
        expect([path, at, rules.includes(first!)]).toEqual([path, at, true]);
      }
    }
  }, 60_000);

  it('names the damaged file and goes on to say what it was, where one bit of the zip file itself flipped', async () => {
    const at = zip.indexOf(readZip(zip).files.get('messages/0001/envelope.jws')!) + 300;
    const { checks } = await verifyPack(flipped(zip, at), workshop);
    const failed = checks.filter((check) => !check.holds).map(({ rule, reason }) => `${rule}: ${reason}`);
    expect(failed[0]).toContain('pack-form: messages/0001/envelope.jws is damaged');
    expect(failed[1]).toContain('pack-manifest: messages/0001/envelope.jws has other bytes');
    expect(failed[2]).toContain('leaf-opening: The leaf stands for another message');
  });

  it('refuses a missing file, a file too much, and files in each other’s place', async () => {
    for (const path of readZip(zip).files.keys()) {
      expect(await failedRules(altered(zip, (files) => files.delete(path)))).toContain('pack-manifest');
    }
    expect(await failedRules(altered(zip, (files) => files.set('notes.txt', Buffer.from('x'))))).toEqual([
      'pack-manifest',
    ]);
    expect(await failedRules(forged(zip, (files) => files.set('notes.txt', Buffer.from('x'))))).toEqual([
      'pack-manifest',
    ]);
    const swap = (one: string, other: string) =>
      forged(zip, (files) => {
        const kept = files.get(one)!;
        files.set(one, files.get(other)!).set(other, kept);
      });
    const inPlace = (name: string) => swap(`messages/0001/${name}`, `messages/0003/${name}`);
    expect(await failedRules(inPlace('envelope.jws'))).toEqual(['leaf-opening']);
    expect(await failedRules(inPlace('opening.json'))).toEqual(['leaf-opening']);
    expect(await failedRules(inPlace('inclusion.tlog-proof'))).toEqual(['inclusion']);
    expect(await failedRules(inPlace('receipt.jws'))).toEqual(['receipt-signature']);
    expect(await failedRules(swap('summary/en.txt', 'summary/tr.txt'))).toEqual(['summary']);
  }, 60_000);

  it.each([
    ['messages/0001/envelope.jws', 'envelope-signature'],
    ['messages/0001/opening.json', 'leaf-opening'],
    ['messages/0001/inclusion.tlog-proof', 'inclusion'],
    ['log/01/checkpoint', 'checkpoint-signature'],
    ['directory/changes.json', 'directory-chain'],
    ['directory/statement.jws', 'directory-statement'],
  ])('refuses a pack that was forged to be without %s', async (path, rule) => {
    expect((await failedRules(forged(zip, (files) => files.delete(path))))[0]).toBe(rule);
  });

  it('refuses a pack without the consistency proof, and one without a message in the middle', async () => {
    const { files } = readZip(zip);
    const proof = [...files.keys()].find((path) => path.endsWith('.consistency'))!;
    expect(await failedRules(forged(zip, (all) => all.delete(proof)))).toEqual(['consistency']);
    const without = (folder: string) =>
      forged(zip, (all) => [...all.keys()].filter((path) => path.startsWith(folder)).map((path) => all.delete(path)));
    for (const folder of ['messages/0001', 'messages/0002', 'messages/0003', 'messages/0004', 'messages/0006']) {
      expect(await failedRules(without(folder))).toEqual(['leg-history']);
    }
  });

  it('refuses a pack that leaves out a change of the leg together with what the hub said of it', async () => {
    const isOfDelivery = (path: string) => /^messages\/000[34]\//.test(path);
    const without = forged(zip, (files) => [...files.keys()].filter(isOfDelivery).map((path) => files.delete(path)));
    expect(await failedRules(without)).toEqual(['leg-history']);
  });

  it('believes no other roots than those that were given', async () => {
    const stranger = await EvidenceWorkshop.open();
    expect(await failedRules(zip, stranger)).toEqual(['directory-chain']);
    const [first, ...others] = workshop.roots.keys;
    const lone = { roots: { threshold: 3, keys: [first!, ...others] } };
    expect(await failedRules(zip, lone)).toEqual(['directory-chain']);
  });

  it('says the same in every language, with the values as they are', async () => {
    const { facts } = await verifyPack(zip, workshop);
    for (const language of LANGUAGES) {
      const text = summarise(facts!, language);
      expect(readZip(zip).files.get(`summary/${language}.txt`)!.toString()).toBe(text);
      expect(text).toContain('\u20682026-11-22T03:12:03.050Z\u2069');
      expect(text).toContain(facts!.request.sha256);
      expect(text).toContain('UTC');
    }
    expect(new Set(LANGUAGES.map((language) => summarise(facts!, language).split('\n').length)).size).toBe(1);
  });
});

describe('docs/evidence.md', () => {
  it('has every rule with its sentence', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../../docs/evidence.md'), 'utf8');
    for (const [rule, sentence] of Object.entries(RULES)) expect(page).toContain(`| \`${rule}\` | ${sentence} |`);
  });
});
