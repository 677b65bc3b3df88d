import {
  type AddCheckpoint,
  decideAddCheckpoint,
  MAX_ADD_CHECKPOINT_BYTES,
  type Note,
  parseAddCheckpoint,
  readAddCheckpoint,
  type SignedAddCheckpoint,
  serialiseAddCheckpoint,
  serialiseCheckpoint,
  serialiseNote,
  signCheckpoint,
  signNote,
  TLOG_SIZE_TYPE,
  type WitnessedHead,
} from '../index.js';
import { consistencyProof, headOf, leafOf, leavesOf, logSigner, ORIGIN, refusal, rootOf } from '../log.fixture.js';

const log = logSigner();
const malformed = refusal('ERR_LOG_MALFORMED');
const keysOf = (origin: string) => (origin === ORIGIN ? [log.key] : []);

const requestOf = (oldSize: number, newSize: number): AddCheckpoint => ({
  oldSize,
  proof: oldSize === 0 ? [] : consistencyProof(oldSize, leavesOf(newSize)),
  checkpoint: signCheckpoint(headOf(newSize), [log]),
});

const note = serialiseNote(requestOf(0, 5).checkpoint).toString();
const HASH = Buffer.alloc(32, 7).toString('base64');

function read(request: AddCheckpoint): SignedAddCheckpoint {
  const answer = readAddCheckpoint(serialiseAddCheckpoint(request), keysOf);
  if (answer.status !== undefined) throw new Error(answer.reason);
  return answer;
}

describe(parseAddCheckpoint.name, () => {
  it.each([
    ['the first checkpoint', requestOf(0, 5)],
    ['a grown log', requestOf(3, 7)],
    ['63 proof lines', { ...requestOf(3, 7), proof: Array.from({ length: 63 }, () => Buffer.alloc(32, 1)) }],
  ])('reads back what is written: %s', (_, request) => {
    const body = serialiseAddCheckpoint(request);
    expect(parseAddCheckpoint(body)).toEqual(request);
    expect(serialiseAddCheckpoint(parseAddCheckpoint(body))).toEqual(body);
  });

  it.each([
    ['no old size', `${HASH}\n\n`],
    ['nothing before the checkpoint', '\n'],
    ['old alone', 'old\n\n'],
    ['old without a number', 'old \n\n'],
    ['a leading zero', 'old 03\n\n'],
    ['two zeros', 'old 00\n\n'],
    ['a sign', 'old +3\n\n'],
    ['2^53', 'old 9007199254740992\n\n'],
    ['two spaces', 'old  3\n\n'],
    ['a space behind', 'old 3 \n\n'],
    ['a tab', 'old\t3\n\n'],
    ['capitals', 'Old 3\n\n'],
    ['CRLF', 'old 3\r\n\r\n'],
    ['a short hash', 'old 3\nAAAA\n\n'],
    ['a hash without padding', `old 3\n${HASH.slice(0, -1)}\n\n`],
    ['a hash with stray bits', `old 3\n${HASH.replace('c=', 'd=')}\n\n`],
    ['64 proof lines', `old 3\n${`${HASH}\n`.repeat(64)}\n`],
    ['no blank line', 'old 3\n'],
    ['two blank lines and no more', 'old 3\n\n\n\n'],
  ])('refuses %s', (_, head) => {
    expect(() => parseAddCheckpoint(Buffer.from(`${head}${note}`))).toThrow(malformed);
  });

  it('refuses a request without a signed checkpoint or beyond the limit', () => {
    for (const body of ['', 'old 0\n\n', `old 0\n\n${serialiseCheckpoint(headOf(5))}`, `old 0\n\n${note}\n`]) {
      expect(() => parseAddCheckpoint(Buffer.from(body))).toThrow(malformed);
    }
    const padded = (length: number): Note => {
      const { text, signatures } = requestOf(0, 5).checkpoint;
      const line = { name: 'x'.repeat(length), keyId: '00000000', signature: Buffer.alloc(64) };
      return { text, signatures: [...signatures, line] };
    };
    const bare = serialiseAddCheckpoint({ oldSize: 0, proof: [], checkpoint: padded(1) });
    const longest = padded(MAX_ADD_CHECKPOINT_BYTES - bare.length + 1);
    expect(serialiseAddCheckpoint({ oldSize: 0, proof: [], checkpoint: longest })).toHaveLength(
      MAX_ADD_CHECKPOINT_BYTES,
    );
    expect(() => serialiseAddCheckpoint({ oldSize: 10, proof: [], checkpoint: longest })).toThrow(malformed);
  });

  it('is not written with more than fits', () => {
    expect(() => serialiseAddCheckpoint({ ...requestOf(0, 5), oldSize: -1 })).toThrow(malformed);
    expect(() => serialiseAddCheckpoint({ ...requestOf(0, 5), proof: [Buffer.alloc(33)] })).toThrow(malformed);
  });
});

describe(readAddCheckpoint.name, () => {
  const readBody = (body: string | Uint8Array) => readAddCheckpoint(Buffer.from(body), keysOf);

  it('takes a checkpoint that its log signed', () => {
    expect(read(requestOf(3, 7))).toMatchObject({ oldSize: 3, head: headOf(7) });
  });

  it('answers 400 to a malformed request and to an old size beyond the checkpoint', () => {
    expect(readBody(`old 03\n\n${note}`)).toMatchObject({ status: 400, reason: 'malformed' });
    const noCheckpoint = serialiseNote(signNote(`${ORIGIN}\n05\nx\n`, [log])).toString();
    expect(readBody(`old 0\n\n${noCheckpoint}`)).toMatchObject({ status: 400, reason: 'malformed' });
    expect(readBody(`old 6\n\n${note}`)).toMatchObject({ status: 400, reason: 'old-size' });
  });

  it('answers 404 to a log that it does not know, before any signature', () => {
    const foreign = serialiseNote(signCheckpoint(headOf(5, 'other'), [logSigner('other')])).toString();
    expect(readBody(`old 0\n\n${foreign}`)).toMatchObject({ status: 404, reason: 'unknown-origin' });
  });

  it('answers 403 when no key of the log signed, or one of its signatures fails', () => {
    const text = serialiseCheckpoint(headOf(5));
    const stranger = signNote(text, [logSigner(ORIGIN, 'stranger')]);
    const other = signNote(text, [logSigner('other')]);
    const changed = { ...requestOf(0, 5).checkpoint, text: serialiseCheckpoint(headOf(6)) };
    for (const checkpoint of [stranger, other, changed]) {
      expect(readBody(serialiseAddCheckpoint({ oldSize: 0, proof: [], checkpoint }))).toMatchObject({
        status: 403,
        reason: 'signature',
      });
    }
  });

  it('answers 403 before it speaks of sizes', () => {
    const stranger = signNote(serialiseCheckpoint(headOf(5)), [logSigner(ORIGIN, 'stranger')]);
    const body = serialiseAddCheckpoint({ oldSize: 6, proof: [], checkpoint: stranger });
    expect(readBody(body)).toMatchObject({ status: 403 });
  });

  it('passes on what is not about the request', () => {
    const broken = () => {
      throw new Error('no keys');
    };
    expect(() => readAddCheckpoint(Buffer.from(`old 0\n\n${note}`), broken)).toThrow('no keys');
  });
});

describe(decideAddCheckpoint.name, () => {
  const stored = (size: number): WitnessedHead => headOf(size);
  const decide = (request: AddCheckpoint, head?: WitnessedHead) => decideAddCheckpoint(read(request), head);

  it('answers 200 to every step of a growing log, and to the same checkpoint again', () => {
    for (let newSize = 1; newSize <= 9; newSize += 1) {
      expect(decide(requestOf(0, newSize))).toMatchObject({ status: 200, head: headOf(newSize) });
      for (let oldSize = 1; oldSize <= newSize; oldSize += 1) {
        const decision = decide(requestOf(oldSize, newSize), stored(oldSize));
        expect(decision).toEqual({
          status: 200,
          head: headOf(newSize),
          note: expect.objectContaining({ text: serialiseCheckpoint(headOf(newSize)) }),
        });
      }
    }
  });

  it.each([
    ['a witness that has seen nothing', 3, undefined, '0\n'],
    ['a witness that is ahead', 3, 5, '5\n'],
    ['a witness that is behind', 3, 2, '2\n'],
    ['a log that asks where the witness is', 0, 5, '5\n'],
  ])('answers 409 and the size for %s', (_, oldSize, size, body) => {
    const decision = decide(requestOf(oldSize, 7), size === undefined ? undefined : stored(size));
    expect(decision).toEqual({ status: 409, reason: 'conflict', contentType: TLOG_SIZE_TYPE, body });
    expect(TLOG_SIZE_TYPE).toBe('text/x.tlog.size');
  });

  it('answers 409 to another root at the same size, whatever the proof', () => {
    for (const proof of [[], [leafOf(1)]]) {
      const fork = decide({ ...requestOf(5, 5), proof }, { size: 5, root: headOf(4).root });
      expect(fork).toMatchObject({ status: 409, reason: 'fork' });
      expect(fork).not.toMatchObject({ contentType: TLOG_SIZE_TYPE });
    }
  });

  it('answers 422 to a proof that does not verify', () => {
    const forked = { size: 3, root: rootOf([leafOf(1), leafOf(2), leafOf(9)]) };
    const good = requestOf(3, 7);
    const wrong = [
      decide(good, forked),
      decide({ ...good, proof: [] }, stored(3)),
      decide({ ...good, proof: good.proof.slice(1) }, stored(3)),
      decide({ ...good, proof: good.proof.toReversed() }, stored(3)),
      decide({ ...good, proof: [...good.proof, leafOf(0)] }, stored(3)),
      decide({ ...requestOf(0, 7), proof: [leafOf(0)] }),
      decide({ ...requestOf(5, 5), proof: [leafOf(0)] }, stored(5)),
    ];
    for (const decision of wrong) expect(decision).toMatchObject({ status: 422, reason: 'proof' });
  });

  it('refuses every changed bit of a consistency proof', () => {
    const request = requestOf(3, 7);
    for (const [at, each] of request.proof.entries()) {
      for (let bit = 0; bit < 256; bit += 1) {
        const changed = Buffer.from(each);
        const byte = Math.floor(bit / 8);
        changed[byte] = (changed[byte] ?? 0) ^ (1 << (bit % 8));
        const proof = request.proof.with(at, changed);
        expect(decideAddCheckpoint({ ...read(request), proof }, stored(3))).toMatchObject({ status: 422 });
      }
    }
  });

  it('takes the empty tree with its own root only', () => {
    expect(decide(requestOf(0, 0))).toMatchObject({ status: 200 });
    expect(decide(requestOf(0, 0), stored(0))).toMatchObject({ status: 200 });
    expect(decide(requestOf(0, 5), stored(0))).toMatchObject({ status: 200 });
    const checkpoint = signCheckpoint({ ...headOf(0), root: leafOf(0) }, [log]);
    expect(decide({ oldSize: 0, proof: [], checkpoint })).toMatchObject({ status: 422, reason: 'empty-tree' });
  });
});
