import {
  cosign,
  MAX_CHECKPOINT_LENGTH,
  parseCheckpoint,
  parseNote,
  serialiseCheckpoint,
  serialiseNote,
  signCheckpoint,
  signNote,
  verifyCheckpoint,
} from '../index.js';
import { effortOf, headOf, logSigner, NOW, ORIGIN, refusal, witness } from '../log.fixture.js';

const ROOT = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
const malformed = refusal('ERR_LOG_MALFORMED');
const unsigned = refusal('ERR_LOG_SIGNATURE');

describe(parseCheckpoint.name, () => {
  it('reads origin, size, root and extension lines', () => {
    expect(parseCheckpoint(`example.com/log\n20852163\n${ROOT}\none\n two\n`)).toEqual({
      origin: 'example.com/log',
      size: 20852163,
      root: Buffer.from(ROOT, 'base64'),
      extensions: ['one', ' two'],
    });
  });

  it.each([
    ['the empty tree', `o\n0\n${ROOT}\n`, 0],
    ['the largest size', `o\n9007199254740991\n${ROOT}\n`, 2 ** 53 - 1],
    ['an origin with spaces and plus', `the + origin\n1\n${ROOT}\n`, 1],
  ])('takes %s', (_, text, size) => {
    expect(parseCheckpoint(text).size).toBe(size);
    expect(serialiseCheckpoint(parseCheckpoint(text))).toBe(text);
  });

  it.each([
    ['nothing', ''],
    ['three empty lines', '\n\n\n'],
    ['no origin', `\n1\n${ROOT}\n`],
    ['no size', `o\n${ROOT}\n`],
    ['no root', 'o\n1\n'],
    ['no last line feed', `o\n1\n${ROOT}`],
    ['an empty line at the end', `o\n1\n${ROOT}\n\n`],
    ['an empty extension line', `o\n1\n${ROOT}\n\nx\n`],
    ['an empty line in front', `\no\n1\n${ROOT}\n`],
    ['leading zeros', `o\n01\n${ROOT}\n`],
    ['two zeros', `o\n00\n${ROOT}\n`],
    ['a plus', `o\n+1\n${ROOT}\n`],
    ['a negative size', `o\n-1\n${ROOT}\n`],
    ['minus zero', `o\n-0\n${ROOT}\n`],
    ['a hexadecimal size', `o\n0x1\n${ROOT}\n`],
    ['an exponent', `o\n1e3\n${ROOT}\n`],
    ['a fraction', `o\n1.0\n${ROOT}\n`],
    ['a space before the size', `o\n 1\n${ROOT}\n`],
    ['a CR after the size', `o\n1\r\n${ROOT}\n`],
    ['another kind of digits', `o\n\u0661\n${ROOT}\n`],
    ['2^53', `o\n9007199254740992\n${ROOT}\n`],
    ['2^53 + 1', `o\n9007199254740993\n${ROOT}\n`],
    ['2^63', `o\n9223372036854775808\n${ROOT}\n`],
    ['a million digits', `o\n${'1'.repeat(1_000_000)}\n${ROOT}\n`],
    ['an empty root', 'o\n1\n\n'],
    ['a root of 31 bytes', `o\n1\n${Buffer.alloc(31).toString('base64')}\n`],
    ['a root of 33 bytes', `o\n1\n${Buffer.alloc(33).toString('base64')}\n`],
    ['a root without padding', `o\n1\n${ROOT.slice(0, -1)}\n`],
    ['a root with stray bits', `o\n1\n${ROOT.replace('I=', 'J=')}\n`],
    ['a root in base64url', `o\n1\n${ROOT.replace('/', '_')}\n`],
    ['a root in hexadecimal', `o\n1\n${'00'.repeat(32)}\n`],
  ])('refuses %s', (_, text) => {
    expect(() => parseCheckpoint(text)).toThrow(malformed);
  });
});

describe('a long checkpoint', () => {
  const head = `o\n1\n${ROOT}\n`;

  it('ends at the limit', () => {
    const spare = MAX_CHECKPOINT_LENGTH - head.length - 1;
    expect(parseCheckpoint(`${head}${'x'.repeat(spare)}\n`).extensions).toHaveLength(1);
    expect(() => parseCheckpoint(`${head}${'x'.repeat(spare + 1)}\n`)).toThrow(malformed);
  });

  it('is verified with bounded work, a hundred times over', () => {
    const [log, w] = [logSigner('o'), witness('w')];
    const lines = Array.from({ length: (MAX_CHECKPOINT_LENGTH - head.length) / 2 - 1 }, () => 'x');
    const { text, signatures } = signCheckpoint({ ...parseCheckpoint(head), extensions: lines }, [log]);
    const note = { text, signatures: [...signatures, ...Array.from({ length: 99 }, () => cosign(text, w, NOW))] };
    const bytes = serialiseNote(note);
    const keys = { origin: 'o', logs: [log.key], witnesses: [w.key] };
    expect(effortOf(() => verifyCheckpoint(parseNote(bytes), keys))).toBeLessThan(1500);
  });
});

describe(serialiseCheckpoint.name, () => {
  it.each([
    ['an origin of two lines', { origin: 'o\n1' }],
    ['no origin', { origin: '' }],
    ['a fraction', { size: 1.5 }],
    ['a negative size', { size: -1 }],
    ['a size beyond 2^53', { size: 2 ** 53 }],
    ['a short root', { root: Buffer.alloc(31) }],
    ['an empty extension line', { extensions: [''] }],
    ['an extension of two lines', { extensions: ['a\nb'] }],
  ])('refuses %s', (_, wrong) => {
    expect(() => serialiseCheckpoint({ ...headOf(3), ...wrong })).toThrow(malformed);
  });
});

describe(verifyCheckpoint.name, () => {
  const log = logSigner();
  const [w1, w2] = [witness('w1.example'), witness('w2.example')];
  const logs = [log.key];
  const signed = signCheckpoint(headOf(5), [log]);
  const cosigned = { ...signed, signatures: [...signed.signatures, cosign(signed.text, w1, NOW)] };

  it('says what the log signed and who cosigned it', () => {
    const { checkpoint, signatures, cosignatures } = verifyCheckpoint(parseNote(serialiseNote(cosigned)), {
      origin: ORIGIN,
      logs,
      witnesses: [w1.key, w2.key],
    });
    expect(checkpoint).toEqual(headOf(5));
    expect(signatures.map(({ key }) => key.name)).toEqual([ORIGIN]);
    expect(cosignatures).toEqual([expect.objectContaining({ key: w1.key, timestamp: NOW })]);
  });

  it('refuses what only a witness signed', () => {
    const alone = { ...signed, signatures: [cosign(signed.text, w1, NOW)] };
    expect(() => verifyCheckpoint(alone, { origin: ORIGIN, logs, witnesses: [w1.key] })).toThrow(unsigned);
  });

  it('refuses the checkpoint of another log, though the same key signed it', () => {
    const note = signCheckpoint(headOf(5, 'hub.example/audit/2027'), [log]);
    expect(() => verifyCheckpoint(note, { origin: ORIGIN, logs })).toThrow(unsigned);
    expect(verifyCheckpoint(note, { origin: 'hub.example/audit/2027', logs }).signatures).toHaveLength(1);
  });

  it('refuses a checkpoint whose witness made a wrong signature', () => {
    const [line] = cosigned.signatures;
    const wrong = { ...cosign(signed.text, w2, NOW), signature: cosign(signed.text, w1, NOW).signature };
    if (line === undefined) throw new Error('no signature');
    expect(() =>
      verifyCheckpoint({ ...signed, signatures: [line, wrong] }, { origin: ORIGIN, logs, witnesses: [w2.key] }),
    ).toThrow(unsigned);
    expect(verifyCheckpoint({ ...signed, signatures: [line, wrong] }, { origin: ORIGIN, logs }).cosignatures).toEqual(
      [],
    );
  });

  it('refuses a signed text that is no checkpoint', () => {
    const note = signNote(`${ORIGIN}\n05\n${ROOT}\n`, [log]);
    expect(() => verifyCheckpoint(note, { origin: ORIGIN, logs })).toThrow(malformed);
  });
});
