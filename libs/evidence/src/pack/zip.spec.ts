import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { crc32 } from './crc32.js';
import { readZip, writeZip } from './zip.js';

const FILES = new Map([
  ['manifest.json', Buffer.from('{}\n')],
  ['messages/0001/envelope.jws', Buffer.from('a.b.c')],
  ['empty.txt', Buffer.alloc(0)],
]);
const refused = (reason: string) =>
  expect.objectContaining({ code: 'ERR_EVIDENCE_PACK', message: expect.stringContaining(reason) as string }) as Error;
const changedAt = (zip: Buffer, at: number, value: number) => {
  const copy = Buffer.from(zip);
  copy.writeUInt16LE(value, at);
  return copy;
};

describe(crc32.name, () => {
  it('is the CRC-32 of zlib', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => crc32(bytes) === zlibCrc32(bytes)));
  });
});

describe(writeZip.name, () => {
  const zip = writeZip(FILES);

  it('comes back as it went in, sorted, whatever the order', () => {
    const { files, damaged } = readZip(zip);
    expect([...files]).toEqual([...FILES].sort(([one], [other]) => (one < other ? -1 : 1)));
    expect(damaged).toEqual([]);
    expect(writeZip(new Map([...FILES].reverse()))).toEqual(zip);
  });

  const hasPython = spawnSync('python3', ['--version']).status === 0;
  (hasPython ? it : it.skip)('is read by another program, where there is Python', () => {
    const folder = mkdtempSync(join(tmpdir(), 'serai-zip-'));
    try {
      writeFileSync(join(folder, 'pack.zip'), zip);
      const script =
        'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; z.extractall(sys.argv[2])';
      execFileSync('python3', ['-c', script, join(folder, 'pack.zip'), folder]);
      expect(readFileSync(join(folder, 'messages/0001/envelope.jws'), 'utf8')).toBe('a.b.c');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each(['../x', '/x', 'a//b', 'a/../b', '.hidden', 'a/.b', 'A', 'a\\b', 'a b', '', 'ä', 'a/', `${'a'.repeat(201)}`])(
    'refuses the name %j',
    (path) => {
      expect(() => writeZip(new Map([[path, Buffer.alloc(1)]]))).toThrow(refused('a name that is not allowed'));
    },
  );

  it('reads no name that it would not write', () => {
    const evil = Buffer.from(zip.toString('latin1').replaceAll('empty.txt', '../ty.txt'), 'latin1');
    expect(() => readZip(evil)).toThrow(refused('a name that is not allowed'));
    const unsorted = Buffer.from(zip.toString('latin1').replaceAll('manifest.json', 'zanifest.json'), 'latin1');
    expect(() => readZip(unsorted)).toThrow(refused('not made as'));
    const doubled = Buffer.from(
      writeZip(
        new Map([
          ['a', Buffer.of(1)],
          ['b', Buffer.of(2)],
        ]),
      )
        .toString('latin1')
        .replaceAll('b', 'a'),
      'latin1',
    );
    expect(() => readZip(doubled)).toThrow(refused('a name twice'));
  });

  it('refuses what is compressed before anything is inflated', () => {
    const bomb = deflateRawSync(Buffer.alloc(10_000_000));
    const packed = writeZip(new Map([['bomb', bomb]]));
    const method = packed.lastIndexOf('PK\x01\x02') + 10;
    expect(() => readZip(changedAt(packed, method, 8))).toThrow(refused('compressed'));
    expect(() => readZip(changedAt(packed, 8, 8))).toThrow(refused('not made as'));
  });

  it('refuses bytes before, between, behind, and a directory elsewhere', () => {
    expect(() => readZip(Buffer.concat([Buffer.of(0), zip]))).toThrow(refused(''));
    expect(() => readZip(Buffer.concat([zip, Buffer.of(0)]))).toThrow(refused('its end'));
    expect(() => readZip(zip.subarray(0, -1))).toThrow(refused('cut off'));
    expect(() => readZip(Buffer.alloc(0))).toThrow(refused('no zip file'));
    expect(() => readZip(changedAt(zip, zip.length - 12, 0xffff))).toThrow(refused(''));
    expect(() => readZip(changedAt(zip, zip.length - 6, 0))).toThrow(refused(''));
  });

  it('refuses every bit of its form changed, and tells of every bit of its content', () => {
    for (let at = 0; at < zip.length; at += 1) {
      for (const bit of [1, 128]) {
        const copy = Buffer.from(zip);
        copy[at]! ^= bit;
        let told: readonly string[] | undefined;
        try {
          told = readZip(copy).damaged;
        } catch (error) {
          expect(error).toEqual(refused(''));
        }
        if (told !== undefined) expect(told).toHaveLength(1);
      }
    }
  });

  it('never fails otherwise on anything', () => {
    const attempt = (bytes: Uint8Array) => {
      try {
        readZip(bytes);
      } catch (error) {
        expect(error).toEqual(refused(''));
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), attempt));
    const mutation = fc.tuple(fc.nat(zip.length - 1), fc.nat(255), fc.nat(zip.length - 1), fc.nat(255));
    fc.assert(
      fc.property(mutation, ([one, first, other, second]) => {
        const copy = Buffer.from(zip);
        copy[one] = first;
        copy[other] = second;
        attempt(copy);
      }),
    );
  });
});
