import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SignedDirectoryChange } from '#libs/contracts';
import { createKeystore, openKeystore } from '#libs/envelope';
import { Directory, signDirectoryChange } from '#libs/trust';
import { run } from '../program.js';

const PASSPHRASE = 'passphrase of a test';
const IQ = 'urn:serai:participant:iq';
let folder: string;
let changes: string;
const at = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'serai-ceremony-'));
  changes = at('changes.json');
  for (const chair of ['one', 'two', 'three']) await createKeystore(at(`${chair}.keystore`), PASSPHRASE);
}, 30_000);
afterAll(() => rmSync(folder, { recursive: true }));

async function serai(...args: string[]) {
  const [results, remarks]: string[][] = [[], []];
  const code = await run(args, {
    config: { sessionFile: at('session.json'), folder, keystorePassphrase: PASSPHRASE },
    terminal: { result: (text) => results!.push(text), remark: (text) => remarks!.push(text) },
    signal: new AbortController().signal,
  });
  return { code, result: results!.join('\n'), remarks: remarks!.join('\n') };
}

async function foundedDirectory(): Promise<Directory> {
  const chairs = await Promise.all(
    ['one', 'two', 'three'].map((name) => openKeystore(at(`${name}.keystore`), PASSPHRASE)),
  );
  const keys = chairs.map((chair) => chair.publicKeys().find(({ use }) => use === 'sig')!.jwk);
  const participant = { id: IQ, type: 'MEMBER' as const, name: 'Iraq (synthetic)', routeRoles: [] };
  const admission = {
    id: '01933f6e-0000-7000-8000-000000000001',
    realm: 'production' as const,
    effectiveFrom: '2026-01-01T00:00:00.000Z',
    kind: 'participant-admitted' as const,
    participant,
  };
  const signed = await signDirectoryChange(
    admission,
    chairs.slice(0, 2).map((chair) => chair.signer()),
  );
  return Directory.empty('production', { threshold: 2, keys }).apply(signed);
}

const fileOf = () => JSON.parse(readFileSync(changes, 'utf8')) as { changes: SignedDirectoryChange[] };

describe('a lost keystore', () => {
  it('is replaced by a new one, whose keys two chairs register offline', async () => {
    const lost = ['--owner', 'iq', '--keystore', at('iq.keystore'), '--out', changes];
    expect(await serai('keys', 'recover', ...lost)).toMatchObject({ code: 0 });
    const fresh = await openKeystore(at('iq.keystore'), PASSPHRASE);
    const before = await serai('changes', 'show', changes);
    for (const { kid } of fresh.publicKeys()) expect(before.result).toContain(kid);
    expect(before.result).toContain('0 signatures');

    const directory = await foundedDirectory();
    const sign = (chair: string) => serai('changes', 'sign', changes, '--keystore', at(`${chair}.keystore`));
    expect((await sign('one')).result).toContain('1 signature ');
    expect((await sign('one')).result).toContain('1 signature ');
    await expect(directory.apply(fileOf().changes[0]!)).rejects.toMatchObject({ code: 'ERR_TRUST_THRESHOLD' });
    expect((await sign('two')).result).toContain('2 signatures');
    let next = directory;
    for (const change of fileOf().changes) next = await next.apply(change);
    expect(next.signingKeysOf(IQ, new Date()).map(({ kid }) => kid)).toEqual([fresh.signer().kid]);
    expect(next.encryptionKeysOf(IQ, new Date())).toHaveLength(1);
  }, 30_000);

  it('is never overwritten, nor are changes that may carry signatures', async () => {
    const again = ['keys', 'recover', '--owner', 'iq', '--out', at('other.json')];
    expect((await serai(...again, '--keystore', at('iq.keystore'))).remarks).toContain('ERR_KEYSTORE_UNREADABLE');
    const onto = ['keys', 'recover', '--owner', 'iq', '--keystore', at('third.keystore'), '--out', changes];
    expect(await serai(...onto)).toMatchObject({ code: 2, remarks: expect.stringContaining('is there already') });
  });

  it('asks for what it needs', async () => {
    for (const [args, sentence] of [
      [['keys', 'recover', '--owner', 'iq', '--keystore', at('x'), '--out', at('y'), '--realm', 'dream'], '--realm is'],
      [['keys', 'recover', '--owner', 'iq', '--keystore', at('x'), '--out', at('y'), '--from', 'soon'], 'is no time'],
      [['changes', 'sign', changes], '--keystore <file>'],
      [['changes', 'sign', changes, '--chair', 'chair-transit'], '--chair needs "npm start"'],
      [['changes', 'show', at('one.keystore')], 'is not a readable JSON file'],
    ] as const) {
      expect(await serai(...args)).toMatchObject({ code: 2, remarks: expect.stringContaining(sentence) });
    }
  });
});
