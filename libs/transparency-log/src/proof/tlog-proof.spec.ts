import {
  cosign,
  MAX_NOTE_BYTES,
  parsePolicy,
  parseTlogProof,
  serialiseNote,
  serialiseTlogProof,
  serialiseVerifierKey,
  signCheckpoint,
  signNote,
  type TlogProof,
  verifyTlogProof,
} from '../index.js';
import { headOf, inclusionProof, leafOf, leavesOf, logSigner, NOW, ORIGIN, refusal, witness } from '../log.fixture.js';

const malformed = refusal('ERR_LOG_MALFORMED');
const [log, w] = [logSigner(), witness('w')];
const policy = parsePolicy(
  Buffer.from(`log ${serialiseVerifierKey(log.key)}\nwitness w ${serialiseVerifierKey(w.key)}\nquorum w\n`),
);

function proofOf(index: number, size: number): TlogProof {
  const signed = signCheckpoint(headOf(size), [log]);
  const checkpoint = { ...signed, signatures: [...signed.signatures, cosign(signed.text, w, NOW)] };
  return { index, proof: inclusionProof(index, leavesOf(size)), checkpoint };
}

const example = proofOf(4, 7);
const text = serialiseTlogProof(example).toString();
const note = serialiseNote(example.checkpoint).toString();
const HASH = Buffer.alloc(32, 7).toString('base64');
const withHeader = (header: string) => Buffer.from(`${header}\n\n${note}`);

describe(parseTlogProof.name, () => {
  it.each([
    ['a proof', example],
    ['a proof with extra data', { ...example, extra: Buffer.from('salt') }],
    ['a proof without hashes', proofOf(0, 1)],
    ['63 hashes', { ...example, proof: Array.from({ length: 63 }, () => Buffer.alloc(32, 1)) }],
    ['the largest index', { ...example, index: 2 ** 53 - 1 }],
  ])('reads back what is written: %s', (_, proof) => {
    const bytes = serialiseTlogProof(proof);
    expect(parseTlogProof(bytes)).toEqual(proof);
    expect(serialiseTlogProof(parseTlogProof(bytes))).toEqual(bytes);
  });

  const start = 'c2sp.org/tlog-proof@v1';
  it.each([
    ['an empty header', ''],
    ['another version', 'c2sp.org/tlog-proof@v2\nindex 4'],
    ['a space behind the version', `${start} \nindex 4`],
    ['CRLF', `${start}\r\nindex 4`],
    ['no index', start],
    ['an index without a number', `${start}\nindex `],
    ['an index with two spaces', `${start}\nindex  4`],
    ['an index with a leading zero', `${start}\nindex 04`],
    ['a negative index', `${start}\nindex -1`],
    ['2^53', `${start}\nindex 9007199254740992`],
    ['an index in capitals', `${start}\nINDEX 4`],
    ['two indexes', `${start}\nindex 4\nindex 4`],
    ['a hash before the index', `${start}\n${HASH}\nindex 4`],
    ['extra data behind the index', `${start}\nindex 4\nextra AAAA`],
    ['extra data twice', `${start}\nextra AAAA\nextra AAAA\nindex 4`],
    ['extra data that is empty', `${start}\nextra \nindex 4`],
    ['extra data without padding', `${start}\nextra AA\nindex 4`],
    ['extra data with stray bits', `${start}\nextra AB==\nindex 4`],
    ['a hash of 31 bytes', `${start}\nindex 4\n${Buffer.alloc(31).toString('base64')}`],
    ['a hash with stray bits', `${start}\nindex 4\n${HASH.replace('c=', 'd=')}`],
    ['a hash and a space', `${start}\nindex 4\n${HASH} `],
    ['64 hashes', `${start}\nindex 4${`\n${HASH}`.repeat(64)}`],
    ['ten thousand hashes', `${start}\nindex 4${`\n${HASH}`.repeat(10_000)}`],
  ])('refuses %s', (_, header) => {
    expect(() => parseTlogProof(withHeader(header))).toThrow(malformed);
  });

  it('refuses a signed note that is no checkpoint', () => {
    const other = serialiseNote(signNote('text\n', [log]));
    expect(() => parseTlogProof(Buffer.concat([Buffer.from(`${start}\nindex 4\n\n`), other]))).toThrow(malformed);
  });

  it('refuses a file without a checkpoint, with two, or beyond the limit', () => {
    for (const bytes of [
      '',
      start,
      `${start}\nindex 4\n`,
      `${start}\nindex 4\n\n`,
      `${text}\n`,
      `\n${text}`,
      `${text}x`,
    ]) {
      expect(() => parseTlogProof(Buffer.from(bytes))).toThrow(malformed);
    }
    const spare = MAX_NOTE_BYTES - Buffer.byteLength(text) - 'extra \n'.length;
    const longest = { ...example, extra: Buffer.alloc(Math.floor(spare / 4) * 3, 1) };
    expect(serialiseTlogProof(longest).length).toBeGreaterThan(MAX_NOTE_BYTES - 4);
    expect(() => serialiseTlogProof({ ...example, extra: Buffer.alloc(longest.extra.length + 3) })).toThrow(malformed);
  });
});

describe(serialiseTlogProof.name, () => {
  it.each([
    ['a fraction for an index', { index: 0.5 }],
    ['an index beyond 2^53', { index: 2 ** 53 }],
    ['a short hash', { proof: [Buffer.alloc(31)] }],
    ['64 hashes', { proof: Array.from({ length: 64 }, () => Buffer.alloc(32)) }],
    ['empty extra data', { extra: Buffer.alloc(0) }],
  ])('refuses %s', (_, wrong) => {
    expect(() => serialiseTlogProof({ ...example, ...wrong })).toThrow(malformed);
  });
});

describe(verifyTlogProof.name, () => {
  const refused = (proof: TlogProof, leafHash = leafOf(4)) =>
    expect(() => verifyTlogProof(proof, { leafHash, policy })).toThrow(refusal('ERR_LOG_PROOF'));

  it('verifies every leaf of small trees', () => {
    for (let size = 1; size <= 9; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const { checkpoint } = verifyTlogProof(proofOf(index, size), { leafHash: leafOf(index), policy });
        expect(checkpoint).toMatchObject({ origin: ORIGIN, size });
      }
    }
  });

  it('refuses another leaf, another index, and a proof that was cut, lengthened or turned around', () => {
    refused(example, leafOf(5));
    for (const index of [0, 3, 5, 6, 7, 2 ** 53 - 1]) refused({ ...example, index });
    refused({ ...example, proof: example.proof.slice(1) });
    refused({ ...example, proof: [...example.proof, Buffer.alloc(32)] });
    refused({ ...example, proof: example.proof.toReversed() });
  });

  it('refuses every changed bit of the file', () => {
    const bytes = serialiseTlogProof(example);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      const byte = Math.floor(bit / 8);
      changed[byte] = (changed[byte] ?? 0) ^ (1 << (bit % 8));
      expect(() => verifyTlogProof(parseTlogProof(changed), { leafHash: leafOf(4), policy })).toThrow(
        expect.objectContaining({ name: 'SeraiError' }),
      );
    }
  });

  it('refuses a checkpoint below the quorum, and one that is not of a listed log', () => {
    const bare = { ...example, checkpoint: signCheckpoint(headOf(7), [log]) };
    expect(() => verifyTlogProof(bare, { leafHash: leafOf(4), policy })).toThrow(refusal('ERR_LOG_QUORUM'));
    const foreign = { ...example, checkpoint: signCheckpoint(headOf(7, 'other'), [logSigner('other')]) };
    expect(() => verifyTlogProof(foreign, { leafHash: leafOf(4), policy })).toThrow(refusal('ERR_LOG_SIGNATURE'));
  });
});
