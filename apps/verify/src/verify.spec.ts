import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { leafEntry, makePack, serialiseLeafOpening } from '#libs/evidence';
import { EvidenceWorkshop, StatisticsWorkshop } from '#libs/testing';
import { type Note, serialiseNote } from '#libs/transparency-log';

const PROGRAM = join(import.meta.dirname, '../../../dist/verify.mjs');

// Each call is a process of its own.
jest.setTimeout(60_000);

let folder: string;
let workshop: EvidenceWorkshop;
let parts: Awaited<ReturnType<EvidenceWorkshop['parts']>>;
let zip: Buffer;

const at = (name: string) => join(folder, name);
const write = (name: string, content: string | Uint8Array) => {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
  return at(name);
};

/** Runs the built file as a user would, in a process without network permission or environment. */
function verify(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--permission', '--allow-fs-read=*', PROGRAM, ...args],
    {
      encoding: 'utf8',
      env: {},
    },
  );
  return { code: status, out: stdout, err: stderr };
}
const verifyJson = (...args: string[]) => {
  const { code, out } = verify(...args, '--json');
  return {
    code,
    ...(JSON.parse(out) as { holds: boolean; checks: { rule: string; holds: boolean }[]; facts?: object }),
  };
};
const failedRules = (...args: string[]) => {
  const { code, checks, facts } = verifyJson(...args);
  expect([code, facts]).toEqual([1, undefined]);
  return checks.filter(({ holds }) => !holds).map(({ rule }) => rule);
};
const flipped = (bytes: Buffer, place: number) => {
  const copy = Buffer.from(bytes);
  copy[place]! ^= 1;
  return copy;
};
const newest = (size = workshop.log.size): Note =>
  workshop.log.checkpoint(size, { witnesses: workshop.log.witnesses.slice(0, 3), at: EvidenceWorkshop.at(300) });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'serai-verify-'));
  workshop = await EvidenceWorkshop.open();
  parts = await workshop.parts();
  zip = await makePack(parts, workshop);
  write('leg.zip', zip);
  write('roots.json', JSON.stringify(workshop.roots));
  write('policy', workshop.log.policyText());
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the built file', () => {
  it('needs nothing but Node: no package, no network, no cryptography of its own', () => {
    const text = readFileSync(PROGRAM, 'utf8');
    const imported = [...text.matchAll(/(?:^|[^.\w])(?:import|export)\b[^'"`;()]*?\bfrom\s*["']([^"']+)["']/gm)].map(
      ([, name]) => name,
    );
    expect(new Set(imported)).toEqual(new Set(['node:crypto', 'node:fs', 'node:path', 'node:util']));
    const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
    expect(code.match(/\bimport\s*\(|\brequire\s*\(|\bfetch\s*\(|XMLHttpRequest|WebSocket|crypto\.subtle/g)).toBeNull();
  });

  it('helps a newcomer', () => {
    expect(verify('--help')).toMatchObject({
      code: 0,
      out: expect.stringContaining('verify pack <evidence pack> --roots') as string,
    });
    expect(verify('pack', '--help').code).toBe(0);
    expect(verify().code).toBe(2);
  });
});

describe('verify pack', () => {
  it('says of an honest pack who sent it, that it is unaltered, when it was delivered and who read it', () => {
    const { code, out, err } = verify('pack', at('leg.zip'), '--roots', at('roots.json'));
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('OK      envelope-signature [messages/0001/envelope.jws]');
    expect(out).toContain('SENT BY    Serbia (invented), urn:serai:desk:rs:ncc; accepted 2026-11-22T03:12:01.050Z');
    expect(out).toContain('DELIVERED  2026-11-22T03:12:03.050Z, as the recipient Iraq (invented) states');
    expect(out).toContain('READ BY    1 desk\n');
    expect(out).toContain('UNALTERED');
    expect(out).toMatch(/EVERYTHING HOLDS: \d+ checks\.\n$/);
  });

  it.each(['ar', 'bg', 'en', 'sr', 'tr'])('adds the summary in %s', (language) => {
    const { code, out } = verify('pack', at('leg.zip'), '--roots', at('roots.json'), '--language', language);
    expect(code).toBe(0);
    expect(out).toContain(workshop.leg);
  });

  it('refuses the same pack with one byte changed, and names the rules', () => {
    const place = zip.indexOf(parts.messages[0]!.envelope) + 200;
    const { code, out } = verify('pack', write('bad.zip', flipped(zip, place)), '--roots', at('roots.json'));
    expect(code).toBe(1);
    expect(out).toContain('FAILED  pack-form: messages/0001/envelope.jws is damaged');
    expect(out).toContain('FAILED  leaf-opening [messages/0001/opening.json]');
    expect(out).not.toContain('SENT BY');
    expect(out).toMatch(/FAILED: \d+ of \d+ checks\. Believe nothing of it\.\n$/);
  });

  it('answers as JSON', async () => {
    expect(verifyJson('pack', at('leg.zip'), '--roots', at('roots.json'))).toMatchObject({
      code: 0,
      holds: true,
      facts: { leg: workshop.leg },
    });
    expect(failedRules('pack', write('no.zip', 'nothing'), '--roots', at('roots.json'))).toEqual(['pack-form']);
    const { roots } = await EvidenceWorkshop.open();
    expect(failedRules('pack', at('leg.zip'), '--roots', write('others.json', JSON.stringify(roots)))).toEqual([
      'directory-chain',
    ]);
  });

  it.each<[string, () => string[], string]>([
    ['no pack', () => ['pack', '--roots', at('roots.json')], 'Say where the evidence pack is.'],
    ['no roots', () => ['pack', at('leg.zip')], '--roots <file> is missing.'],
    ['a pack that is not there', () => ['pack', at('none.zip'), '--roots', at('roots.json')], 'cannot be read'],
    ['roots that are not there', () => ['pack', at('leg.zip'), '--roots', at('none')], 'cannot be read'],
    ['roots that are none', () => ['pack', at('leg.zip'), '--roots', at('leg.zip')], 'pinned root keys'],
    ['a folder', () => ['pack', folder, '--roots', at('roots.json')], 'cannot be read'],
    ['an unknown flag', () => ['pack', at('leg.zip'), '--root', at('roots.json')], '--root'],
    ['one argument too many', () => ['pack', at('leg.zip'), 'x', '--roots', at('roots.json')], 'too many'],
    [
      'an unknown language',
      () => ['pack', at('leg.zip'), '--roots', at('roots.json'), '--language', 'xx'],
      'ar, bg, en, sr, tr',
    ],
    ['an unknown command', () => ['packs', at('leg.zip')], 'There is no command "packs"'],
    ['a prototype’s member as command', () => ['constructor'], 'There is no command'],
  ])('ends with 2 for %s', (_what, args, sentence) => {
    const { code, out, err } = verify(...args());
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(sentence);
    expect(err).not.toContain('    at ');
  });
});

describe('verify proof', () => {
  const files = () => {
    const { proof, opening } = parts.messages[0]!;
    const { index: _index, ...rest } = JSON.parse(serialiseLeafOpening(opening)) as { index: number; record: object };
    write('a.tlog-proof', proof);
    write('a.entry', leafEntry(opening.record, opening.salt));
    write('a.opening', serialiseLeafOpening(opening));
    write('a.record', JSON.stringify(rest.record));
    return {
      salt: Buffer.from(opening.salt).toString('hex'),
      base: ['proof', at('a.tlog-proof'), '--policy', at('policy')],
    };
  };

  it('takes the entry, its opening, or record and salt', () => {
    const { salt, base } = files();
    for (const way of [
      ['--entry', at('a.entry')],
      ['--opening', at('a.opening')],
      ['--record', at('a.record'), '--salt', salt],
    ]) {
      expect(verify(...base, ...way)).toMatchObject({ code: 0, out: expect.stringContaining('IN THE LOG') as string });
    }
  });

  it('refuses another entry, another salt, too few witnesses and another log', async () => {
    const { salt, base } = files();
    expect(failedRules(...base, '--entry', write('b.entry', 'x'))).toEqual(['inclusion']);
    expect(
      failedRules(...base, '--record', at('a.record'), '--salt', `${salt.slice(0, -1)}${salt.endsWith('0') ? 1 : 0}`),
    ).toEqual(['inclusion']);
    const policy = workshop.log.policyText().replace('group all 3', 'group all 4');
    expect(
      failedRules('proof', at('a.tlog-proof'), '--policy', write('strict', policy), '--entry', at('a.entry')),
    ).toEqual(['witness-quorum']);
    const damaged = write('b.tlog-proof', flipped(Buffer.from(parts.messages[0]!.proof), 3));
    expect(failedRules('proof', damaged, '--policy', at('policy'), '--entry', at('a.entry'))).toEqual([
      'checkpoint-signature',
    ]);
  });

  it('ends with 2 when nobody says what is in the log, or says it twice', () => {
    const { salt, base } = files();
    for (const way of [
      [],
      ['--record', at('a.record')],
      ['--salt', salt],
      ['--entry', at('a.entry'), '--opening', at('a.opening')],
      ['--opening', at('policy')],
      ['--record', at('a.record'), '--salt', 'ab'],
    ]) {
      expect(verify(...base, ...way).code).toBe(2);
    }
  });
});

describe('verify checkpoints', () => {
  const OLD = 20;
  const base = (older: Note = newest(OLD), newer: Note = newest()) => [
    'checkpoints',
    write('old', serialiseNote(older)),
    write('new', serialiseNote(newer)),
    '--policy',
    at('policy'),
  ];

  it('takes a consistency proof or the tiles', async () => {
    const args = base();
    const request = write('growth', await workshop.log.consistency(OLD, workshop.log.size, newest()));
    expect(verify(...args, '--consistency', request)).toMatchObject({
      code: 0,
      out: expect.stringContaining('ONE HISTORY') as string,
    });
    for (const [path, tile] of await workshop.log.tiles()) write(`tiles/${path}`, tile);
    expect(verify(...args, '--tiles', at('tiles')).code).toBe(0);
  });

  it('refuses what does not lead from one to the other', async () => {
    expect(failedRules(...base())).toEqual(['consistency']);
    expect(failedRules(...base(newest(), newest(OLD)))).toEqual(['consistency']);
    const other = write('growth', await workshop.log.consistency(OLD - 1, workshop.log.size, newest()));
    expect(failedRules(...base(), '--consistency', other)).toEqual(['consistency']);
    expect(failedRules(...base(), '--tiles', folder)).toEqual(['consistency']);
    const [first, second] = (await workshop.log.tiles()).entries().next().value!;
    write(`broken/${first}`, flipped(second, 40));
    expect(failedRules(...base(), '--tiles', at('broken'))).toEqual(['consistency']);
    const bad = write('bad', flipped(serialiseNote(newest()), 2));
    expect(failedRules('checkpoints', bad, at('new'), '--policy', at('policy'))).toEqual(['checkpoint-signature']);
  });
});

describe('verify export', () => {
  const exported = (name: string, change: (files: Map<string, Buffer>) => void = () => undefined) => {
    const files = workshop.log.served(newest());
    const lines = parts.messages.map(({ opening }) => serialiseLeafOpening(opening));
    files.set('openings.jsonl', Buffer.from(`${lines.join('\n')}\n`));
    change(files);
    for (const [path, bytes] of files) write(`${name}/${path}`, bytes);
    return ['export', at(name), '--policy', at('policy')];
  };
  const bundleOf = (files: Map<string, Buffer>) => [...files].find(([path]) => path.startsWith('tile/entries/'))!;

  it('rebuilds the root from every entry, and opens what it has openings for', () => {
    const { code, facts } = verifyJson(...exported('whole'));
    expect([code, facts]).toEqual([0, expect.objectContaining({ size: workshop.log.size, opened: 6 })]);
  });

  it.each<[string, (files: Map<string, Buffer>) => void, string]>([
    ['a changed entry', (files) => files.set(bundleOf(files)[0], flipped(bundleOf(files)[1], 10)), 'root'],
    [
      'an entry that is opened, changed',
      (files) => {
        const [path, bytes] = bundleOf(files);
        files.set(path, flipped(bytes, 35 * parts.messages[0]!.opening.index + 20));
      },
      'leaf-opening',
    ],
    ['a shorter bundle', (files) => files.set(bundleOf(files)[0], bundleOf(files)[1].subarray(0, -35)), 'entries'],
    ['a missing bundle', (files) => files.delete(bundleOf(files)[0]), 'entries'],
    ['a missing checkpoint', (files) => files.delete('checkpoint'), 'checkpoint-signature'],
    [
      'an opening twice',
      (files) =>
        files.set('openings.jsonl', Buffer.concat([files.get('openings.jsonl')!, files.get('openings.jsonl')!])),
      'leaf-opening',
    ],
    ['an opening that is none', (files) => files.set('openings.jsonl', Buffer.from('{}\n')), 'leaf-opening'],
    [
      'another checkpoint',
      (files) => files.set('checkpoint', serialiseNote(workshop.log.checkpoint(5, { witnesses: [], at: new Date() }))),
      'witness-quorum',
    ],
  ])('refuses an export with %s', (what, change, rule) => {
    expect(failedRules(...exported(what.replaceAll(' ', '-'), change))).toEqual([rule]);
  });

  it('ends with 2 for a file that is no zip', () => {
    expect(verify('export', at('policy'), '--policy', at('policy')).code).toBe(2);
  });
});

describe('verify statistics', () => {
  const statistics = (basis: readonly Uint8Array[]) => {
    const roots = at('statistics-roots.json');
    return [write('statistics.json', file), write('basis.jsonl', Buffer.concat(basis)), '--roots', roots];
  };
  let file: string;
  let lines: Buffer[];
  beforeAll(async () => {
    const made = await StatisticsWorkshop.open();
    await made.exchange(6);
    file = JSON.stringify(await made.file());
    lines = made.lines().map((line) => Buffer.concat([line, Buffer.from('\n')]));
    write('statistics-roots.json', JSON.stringify(made.workshop.roots));
  });

  it('shows the totals that it has counted itself', () => {
    const { code, out } = verify('statistics', ...statistics(lines));
    expect(code).toBe(0);
    expect(out).toMatch(/^ANSWERED +0 +0 +6 +0 +6$/m);
    expect(out).toMatch(/^MEDIAN MINUTES +\* +\* +0 +\* +0$/m);
    expect(out).toContain('12 events among the 18 leaves of hub.example/audit/2026, cosigned by rs, iq, tr');
  });

  it('refuses a basis with a line left out, changed, or broken, and needs no line feed at the end', () => {
    const failed = (basis: readonly Uint8Array[]) => failedRules('statistics', ...statistics(basis));
    expect(failed(lines.toSpliced(4, 1))).toEqual(['basis-complete']);
    expect(failed(lines.with(1, Buffer.from(`${lines[1]!}`.replace('"partition":0', '"partition":1'))))).toEqual([
      'root',
    ]);
    expect(failed([])).toEqual(['basis-complete']);
    expect(verifyJson('statistics', ...statistics(lines.with(-1, lines.at(-1)!.subarray(0, -1)))).code).toBe(0);
  });

  it('is called wrongly without a basis, or with one that is not there', () => {
    expect(verify('statistics', at('statistics.json'), '--roots', at('statistics-roots.json')).code).toBe(2);
    write('statistics.json', file);
    const nowhere = ['statistics', at('statistics.json'), at('nowhere.jsonl'), '--roots', at('statistics-roots.json')];
    expect(verify(...nowhere)).toMatchObject({ code: 2, out: '' });
  });
});
