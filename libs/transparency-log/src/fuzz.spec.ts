import fc from 'fast-check';
import { isSeraiError } from '#libs/errors';
import {
  cosign,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  parsePolicy,
  parseSignatureLines,
  parseTlogProof,
  parseVerifierKey,
  serialiseAddCheckpoint,
  serialiseNote,
  serialiseTlogProof,
  serialiseVerifierKey,
  signCheckpoint,
  verifyByPolicy,
  verifyCheckpoint,
  verifyTlogProof,
} from './index.js';
import { effortOf, headOf, inclusionProof, leafOf, leavesOf, logSigner, NOW, ORIGIN, witness } from './log.fixture.js';

const SEED = 20_261_122;
const [log, w] = [logSigner(), witness('w')];
const vkey = serialiseVerifierKey(log.key);
const policyFile = Buffer.from(`log ${vkey}\nwitness w ${serialiseVerifierKey(w.key)}\ngroup g any w\nquorum g\n`);
const policy = parsePolicy(policyFile);
const signed = signCheckpoint(headOf(7), [log]);
const checkpoint = { ...signed, signatures: [...signed.signatures, cosign(signed.text, w, NOW)] };
const proof = inclusionProof(4, leavesOf(7));
const leafHash = leafOf(4);

/** Everything that takes bytes from outside, with bytes that it accepts. */
const readers: [string, (bytes: Uint8Array) => unknown, Buffer][] = [
  ['verifyByPolicy', (bytes) => verifyByPolicy(parseNote(bytes), policy), serialiseNote(checkpoint)],
  [
    'verifyCheckpoint',
    (bytes) => verifyCheckpoint(parseNote(bytes), { origin: ORIGIN, logs: [log.key], witnesses: [w.key] }),
    serialiseNote(checkpoint),
  ],
  [
    'verifyTlogProof',
    (bytes) => verifyTlogProof(parseTlogProof(bytes), { leafHash, policy }),
    serialiseTlogProof({ index: 4, proof, checkpoint }),
  ],
  ['parseAddCheckpoint', parseAddCheckpoint, serialiseAddCheckpoint({ oldSize: 3, proof, checkpoint })],
  ['parsePolicy', parsePolicy, policyFile],
  ['parseSignatureLines', parseSignatureLines, Buffer.from('— a AAAAAAA=\n')],
  ['parseVerifierKey', (bytes) => parseVerifierKey(Buffer.from(bytes).toString('latin1')), Buffer.from(vkey)],
  ['parseCheckpoint', (bytes) => parseCheckpoint(Buffer.from(bytes).toString()), Buffer.from(checkpoint.text)],
];

/** Whether the reader took it; anything thrown that is not ours fails the test. */
function takes(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
  try {
    read(bytes);
    return true;
  } catch (error) {
    if (!isSeraiError(error)) throw error;
    return false;
  }
}

const noiseBytes = fc.uint8Array({ maxLength: 600 });
const scraps = fc
  .array(
    fc.constantFrom(
      '\n',
      '\n\n',
      ' ',
      '+',
      '— ',
      'old ',
      'index ',
      'extra ',
      'log ',
      'witness ',
      'group ',
      'quorum ',
      'none',
      '0',
      '9007199254740993',
      'AAAA',
      '=',
      '\r',
      '\0',
      '\ud800',
      vkey,
      checkpoint.text,
      'c2sp.org/tlog-proof@v1\n',
    ),
    { maxLength: 30 },
  )
  .map((parts) => Buffer.from(parts.join('')));
const edit = fc.record({ at: fc.nat(), cut: fc.nat({ max: 8 }), put: fc.uint8Array({ maxLength: 8 }) });

describe.each(readers)('%s', (_, read, good) => {
  it('takes what it should', () => {
    expect(takes(read, good)).toBe(true);
  });

  it('takes no noise, and fails in no other way', () => {
    fc.assert(
      fc.property(fc.oneof(noiseBytes, scraps), (noise) => {
        takes(read, noise);
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  it('fails in no other way on good bytes with a few changed', () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let changed = good;
        for (const { at, cut, put } of edits) {
          const from = at % (changed.length + 1);
          changed = Buffer.concat([changed.subarray(0, from), put, changed.subarray(from + cut)]);
        }
        takes(read, changed);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('answers a megabyte of anything with bounded work', () => {
    for (const unit of ['\n', 'a', '— a AAAAAAA=\n', '+', ' ', '\xff', 'log x\n', good.toString('latin1')]) {
      const bytes = Buffer.alloc(1_048_577, unit, 'latin1');
      const effort = effortOf(() => {
        expect(takes(read, bytes)).toBe(false);
      });
      expect(effort).toBeLessThan(1000);
    }
  });
});

describe('signed bytes', () => {
  it.each(readers.slice(0, 3))('of %s change in nothing unseen', (_, read, good) => {
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(good);
        changed[at] = (changed[at] ?? 0) ^ mask;
        const isWitnessLine = at >= good.lastIndexOf('— w ') && read !== readers[2]?.[1];
        if (takes(read, changed)) expect(isWitnessLine).toBe(true);
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });
});
