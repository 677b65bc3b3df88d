import { generateKeyPairSync, verify } from 'node:crypto';
import {
  cosign,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  parsePolicy,
  parseSignatureLines,
  parseTlogProof,
  parseVerifierKey,
  quorumMet,
  readAddCheckpoint,
  SIGNATURE_TYPE,
  serialiseAddCheckpoint,
  serialiseCheckpoint,
  serialiseNote,
  serialiseSignatureLines,
  serialiseTlogProof,
  serialiseVerifierKey,
  signerKey,
  verifyNote,
} from '#libs/transparency-log';
import { vectorsOf } from './vectors-of.js';

interface C2spVectors {
  readonly signedNote: { unverified: string; unverifiedText: string; vkey: string; verified: string };
  readonly checkpoint: { note: string; origin: string; size: number; root: string };
  readonly cosignature: { note: string; timestamp: number; message: string };
  readonly witness: { request: string; oldSize: number; proofLines: number; response: string };
  readonly proof: { head: string; cutSignatures: string; index: number; proofLines: number; size: number };
  readonly policy: { file: string };
}

const { signedNote, checkpoint, cosignature, witness, proof, policy } = vectorsOf<C2spVectors>('c2sp.json');
const malformed = expect.objectContaining({ code: 'ERR_LOG_MALFORMED' }) as Error;
const note = (text: string) => parseNote(Buffer.from(text));
const newKey = (type: number, name = 'key.example') => signerKey(name, type, generateKeyPairSync('ed25519').privateKey);

describe('examples printed in c2sp.org/signed-note', () => {
  it('verifies under the printed verifier key', () => {
    const [signature] = verifyNote(note(signedNote.verified), [parseVerifierKey(signedNote.vkey)]);
    expect(signature?.key.name).toBe('example.com/foo');
    expect(signature?.line.keyId).toBe('530d903a');
  });

  it('is refused with another text, or in part', () => {
    const key = parseVerifierKey(signedNote.vkey);
    for (const changed of [signedNote.verified.replace('an', 'no'), signedNote.unverified]) {
      expect(() => verifyNote(note(changed), [key])).toThrow(expect.objectContaining({ code: 'ERR_LOG_SIGNATURE' }));
    }
    expect(() => note(signedNote.verified.slice(0, -1))).toThrow(malformed);
  });

  it('is split at the last blank line, and comes back byte for byte', () => {
    const { text, signatures } = note(signedNote.unverified);
    expect(text).toBe(signedNote.unverifiedText);
    expect(signatures).toHaveLength(1);
    expect(serialiseNote({ text, signatures }).toString()).toBe(signedNote.unverified);
  });
});

describe('examples printed in c2sp.org/tlog-checkpoint and c2sp.org/tlog-cosignature', () => {
  it('reads origin, size and root', () => {
    const { text } = note(checkpoint.note);
    const read = parseCheckpoint(text);
    expect({ ...read, root: read.root.toString('base64') }).toMatchObject({
      origin: checkpoint.origin,
      size: checkpoint.size,
      root: checkpoint.root,
      extensions: [],
    });
    expect(serialiseCheckpoint(read)).toBe(text);
  });

  it('reads the time of the cosignature', () => {
    const line = note(cosignature.note).signatures[1];
    expect(line?.name).toBe('witness.example.com/w1');
    expect(line?.signature).toHaveLength(72);
    expect(line?.signature.readBigUInt64BE()).toBe(BigInt(cosignature.timestamp));
  });

  it('signs the printed message', () => {
    const { key, privateKey } = newKey(SIGNATURE_TYPE.COSIGNATURE_V1);
    const { signature } = cosign(note(cosignature.note).text, { key, privateKey }, cosignature.timestamp);
    if (key.publicKey === undefined) throw new Error('no public key');
    expect(verify(null, Buffer.from(cosignature.message), key.publicKey, signature.subarray(8))).toBe(true);
    expect(verify(null, Buffer.from(checkpoint.note), key.publicKey, signature.subarray(8))).toBe(false);
  });
});

describe('examples printed in c2sp.org/tlog-witness', () => {
  it('reads the request, and writes it again', () => {
    const request = parseAddCheckpoint(Buffer.from(witness.request));
    expect(request).toMatchObject({ oldSize: witness.oldSize });
    expect(request.proof).toHaveLength(witness.proofLines);
    expect(request.checkpoint.signatures.map(({ keyId }) => keyId)).toEqual(['033de0ae', 'a292ea05']);
    expect(serialiseAddCheckpoint(request).toString()).toBe(witness.request);
  });

  it('refuses it without a known key, and under a key of the same name', () => {
    const keys = [newKey(SIGNATURE_TYPE.ED25519, checkpoint.origin).key];
    expect(readAddCheckpoint(Buffer.from(witness.request), () => [])).toMatchObject({ status: 404 });
    expect(readAddCheckpoint(Buffer.from(witness.request), () => keys)).toMatchObject({ status: 403 });
  });

  it('reads the answer, and writes it again', () => {
    const lines = parseSignatureLines(Buffer.from(witness.response));
    expect(lines.map(({ name }) => name)).toEqual(['witness.example/w1', 'witness.example/w1', 'witness.example/w2']);
    expect(lines.every(({ signature }) => signature.length === 72)).toBe(true);
    expect(serialiseSignatureLines(lines).toString()).toBe(witness.response);
  });
});

describe('example printed in c2sp.org/tlog-proof', () => {
  const signed = `${proof.head}${checkpoint.note.slice(checkpoint.note.indexOf('—'))}`;

  it('is refused with its signatures cut short, as they are printed', () => {
    expect(() => parseTlogProof(Buffer.from(proof.head + proof.cutSignatures))).toThrow(malformed);
  });

  it('is read with a whole signature in their place, and written again', () => {
    const read = parseTlogProof(Buffer.from(signed));
    expect(read.index).toBe(proof.index);
    expect(read.proof).toHaveLength(proof.proofLines);
    expect(read.extra).toHaveLength(39);
    expect(parseCheckpoint(read.checkpoint.text).size).toBe(proof.size);
    expect(serialiseTlogProof(read).toString()).toBe(signed);
  });
});

describe('example printed in c2sp.org/tlog-policy', () => {
  it('asks for two of the X and one of the Y', () => {
    let keys = 0;
    const file = policy.file.replaceAll('<vkey>', () => {
      keys += 1;
      return serialiseVerifierKey(newKey(keys === 1 ? SIGNATURE_TYPE.ED25519 : SIGNATURE_TYPE.COSIGNATURE_V1).key);
    });
    const read = parsePolicy(Buffer.from(file));
    expect(read.logs).toHaveLength(1);
    expect(quorumMet(read, ['X1', 'X3', 'Y2'])).toBe(true);
    expect(quorumMet(read, ['X1', 'Y1', 'Y2', 'Y3'])).toBe(false);
    expect(quorumMet(read, ['X1', 'X2', 'X3'])).toBe(false);
    expect(() => parsePolicy(Buffer.from(policy.file))).toThrow(expect.objectContaining({ code: 'ERR_LOG_KEY' }));
  });
});
