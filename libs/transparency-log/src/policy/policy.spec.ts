import fc from 'fast-check';
import {
  cosign,
  cosignersOf,
  MAX_POLICY_BYTES,
  MAX_POLICY_ENTRIES,
  parsePolicy,
  quorumMet,
  serialiseVerifierKey,
  signCheckpoint,
  verifierKeyOf,
  verifyByPolicy,
} from '../index.js';
import { ed25519, headOf, logSigner, NOW, ORIGIN, quantumWitness, refusal, witness } from '../log.fixture.js';

const malformed = refusal('ERR_LOG_MALFORMED');
const vkey = (name: string) => serialiseVerifierKey(witness(name).key);
const logKey = serialiseVerifierKey(logSigner().key);
const policyOf = (...lines: string[]) => parsePolicy(Buffer.from(`${lines.join('\n')}\n`));
const witnessLine = (name: string) => `witness ${name} ${vkey(name)}`;

/** The example of the specification, with keys. */
const EXAMPLE = [
  `log ${logKey}`,
  '',
  ...['X1', 'X2', 'X3'].map(witnessLine),
  'group X-witnesses 2 X1 X2 X3',
  '',
  ...['Y1', 'Y2', 'Y3'].map(witnessLine),
  'group Y-witnesses any Y1 Y2 Y3',
  '',
  'group X-and-Y all X-witnesses Y-witnesses',
  'quorum X-and-Y',
];

describe(parsePolicy.name, () => {
  it('reads logs, witnesses, groups and quorum', () => {
    const policy = policyOf(...EXAMPLE);
    expect(policy.logs).toEqual([{ key: logSigner().key, url: undefined }]);
    expect(policy.witnesses.map(({ name }) => name)).toEqual(['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3']);
    expect(policy.witnesses[0]?.key).toEqual(witness('X1').key);
    expect(policy.groups).toEqual([
      { name: 'X-witnesses', threshold: 2, members: ['X1', 'X2', 'X3'] },
      { name: 'Y-witnesses', threshold: 1, members: ['Y1', 'Y2', 'Y3'] },
      { name: 'X-and-Y', threshold: 2, members: ['X-witnesses', 'Y-witnesses'] },
    ]);
    expect(policy.quorum).toBe('X-and-Y');
  });

  it('takes whitespace, comments, addresses and keys after the quorum', () => {
    const policy = policyOf(
      '# hub',
      ' \t',
      '\t # witnesses \xff',
      `  log\t${logKey} https://hub.example/audit/2026  `,
      'quorum none',
      `${witnessLine('w')} https://w.example/`,
      `log ${serialiseVerifierKey(quantumWitness('log').key)}`,
    );
    expect(policy.logs.map(({ url }) => url)).toEqual(['https://hub.example/audit/2026', undefined]);
    expect(policy.witnesses.map(({ url }) => url)).toEqual(['https://w.example/']);
    expect(policy.quorum).toBeUndefined();
  });

  it('takes names as octets', () => {
    const lines = `witness K ${vkey('w1')}\nwitness \u212a ${vkey('w2')}\ngroup g all K \u212a\nquorum g\n`;
    expect(parsePolicy(Buffer.from(lines)).groups[0]?.members).toEqual(['K', '\xe2\x84\xaa']);
    const octets = Buffer.from(`witness \xa0\x85\xff ${vkey('w1')}\nquorum \xa0\x85\xff\n`, 'latin1');
    expect(parsePolicy(octets).quorum).toBe('\xa0\x85\xff');
  });

  it('takes key names beyond ASCII', () => {
    const policy = parsePolicy(Buffer.from(`witness w ${vkey('è.example')}\nquorum w\n`));
    expect(policy.witnesses[0]?.key.name).toBe('è.example');
  });

  const two = [witnessLine('a'), witnessLine('b')];
  it.each<[string, string[]]>([
    ['nothing', []],
    ['no quorum', two],
    ['two quorums', ['quorum none', 'quorum none']],
    ['a quorum of two names', [...two, 'quorum a b']],
    ['a quorum without a name', ['quorum']],
    ['a quorum that is not defined', ['quorum a']],
    ['a quorum defined later', ['quorum a', witnessLine('a')]],
    ['an unknown keyword', ['quorum none', 'Log x']],
    ['a keyword in capitals', ['QUORUM none']],
    ['a comment behind a line', ['quorum none # none']],
    ['a log without a key', ['log', 'quorum none']],
    ['a log with two addresses', [`log ${logKey} a b`, 'quorum none']],
    ['a log twice', [`log ${logKey}`, `log ${logKey} https://hub.example/`, 'quorum none']],
    [
      'a log under two names',
      [`log ${logKey}`, `log ${serialiseVerifierKey(logSigner('other', ORIGIN).key)}`, 'quorum none'],
    ],
    ['a log with the key of a witness', [`log ${vkey('w')}`, 'quorum none']],
    ['a witness with the key of a log', [`witness w ${logKey}`, 'quorum none']],
    [
      'a witness of an unknown type',
      ['witness w example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k', 'quorum none'],
    ],
    ['a witness without a key', ['witness w', 'quorum none']],
    ['a witness with two addresses', [`${witnessLine('w')} a b`, 'quorum none']],
    ['a witness named none', [witnessLine('none'), 'quorum none']],
    ['a witness twice', [`witness a ${vkey('w')}`, `witness b ${vkey('w')}`, 'quorum none']],
    [
      'a witness under two key names',
      [`witness a ${vkey('w')}`, `witness b ${serialiseVerifierKey(witness('v', 'w').key)}`, 'quorum none'],
    ],
    ['a name twice', [`witness a ${vkey('v')}`, `witness a ${vkey('w')}`, 'quorum none']],
    ['a group with the name of a witness', [...two, 'group a all b', 'quorum a']],
    ['a group with the name of its member', [...two, 'group a all a', 'quorum a']],
    ['a group in itself', [...two, 'group g all a g', 'quorum g']],
    ['a group named none', [...two, 'group none all a b', 'quorum none']],
    ['a group of none', [...two, 'group g any none', 'quorum g']],
    ['an empty group', [...two, 'group g all', 'quorum g']],
    ['a group without a threshold', [...two, 'group g', 'quorum g']],
    ['a group of a later name', [witnessLine('a'), 'group g all a b', witnessLine('b'), 'quorum g']],
    ['a group defined twice', [...two, 'group g all a', 'group g all b', 'quorum g']],
    ['a member twice in a group', [...two, 'group g 2 a a', 'quorum g']],
    ['a member in two groups', [...two, 'group g any a b', 'group h all a', 'quorum h']],
    ['a threshold of zero', [...two, 'group g 0 a b', 'quorum g']],
    ['a threshold above the members', [...two, 'group g 3 a b', 'quorum g']],
    ['a threshold with a leading zero', [...two, 'group g 01 a b', 'quorum g']],
    ['a negative threshold', [...two, 'group g -1 a b', 'quorum g']],
    ['a fraction', [...two, 'group g 1.5 a b', 'quorum g']],
    ['a threshold beyond 2^64', [...two, 'group g 18446744073709551617 a b', 'quorum g']],
    ['a threshold in capitals', [...two, 'group g ALL a b', 'quorum g']],
    ['a CR', ['quorum none\r']],
    ['a vertical tab', ['quorum\vnone']],
    ['a delete character', ['# \u007f', 'quorum none']],
    ['a NUL', ['# \0', 'quorum none']],
  ])('refuses %s', (_, lines) => {
    expect(() => policyOf(...lines)).toThrow(malformed);
  });

  it('refuses keys that cannot be used, and key names that are no UTF-8', () => {
    expect(() => policyOf(`log ${logKey.slice(0, -4)}`, 'quorum none')).toThrow(refusal('ERR_LOG_KEY'));
    const broken = Buffer.from(`witness w \xff${vkey('w')}\nquorum w\n`, 'latin1');
    expect(() => parsePolicy(broken)).toThrow(malformed);
  });

  it('refuses a last line that does not end', () => {
    expect(() => parsePolicy(Buffer.from('quorum none'))).toThrow(malformed);
    expect(() => parsePolicy(Buffer.from('quorum none\n#x'))).toThrow(malformed);
    expect(() => parsePolicy(Buffer.from('quorum none\n '))).toThrow(malformed);
    expect(parsePolicy(Buffer.from('quorum none\n')).quorum).toBeUndefined();
  });

  it('refuses what is larger than its limits', () => {
    const comment = (length: number) => Buffer.from(`quorum none\n#${'x'.repeat(length - 14)}\n`);
    expect(parsePolicy(comment(MAX_POLICY_BYTES)).quorum).toBeUndefined();
    expect(() => parsePolicy(comment(MAX_POLICY_BYTES + 1))).toThrow(malformed);
    const names = Array.from({ length: MAX_POLICY_ENTRIES + 1 }, (_, index) => `w${index}`);
    const lines = names.map(witnessLine);
    expect(policyOf(...lines.slice(1), 'quorum none').witnesses).toHaveLength(MAX_POLICY_ENTRIES);
    expect(() => policyOf(...lines, 'quorum none')).toThrow(malformed);
    const chain = names.map((_, index) => `group g${index + 1} all ${index === 0 ? 'w1' : `g${index}`}`);
    expect(quorumMet(policyOf(...lines.slice(1), ...chain.slice(0, -1), 'quorum g256'), ['w1'])).toBe(true);
    expect(() => policyOf(...lines.slice(1), ...chain, 'quorum g257')).toThrow(malformed);
    const logs = names.map((name) => `log ${serialiseVerifierKey(logSigner(name).key)}`);
    expect(() => policyOf(...logs, 'quorum none')).toThrow(malformed);
  });
});

describe(quorumMet.name, () => {
  const policy = policyOf(...EXAMPLE);

  it.each([
    ['X1 X2 Y1', true],
    ['X2 X3 Y3', true],
    ['X1 X2 X3 Y1 Y2 Y3', true],
    ['X1 Y1 Y2 Y3', false],
    ['X1 X2 X3', false],
    ['X1 X1 Y1', false],
    ['X1 Z2 Y1', false],
    ['X-witnesses Y-witnesses', false],
    ['X-and-Y', false],
    ['none', false],
    ['', false],
  ])('of the example by %j: %s', (cosigners, isMet) => {
    expect(quorumMet(policy, cosigners.split(' '))).toBe(isMet);
  });

  it('is met by nobody where none is asked for', () => {
    expect(quorumMet(policyOf('quorum none'), [])).toBe(true);
  });

  it('asks for one witness where its name is the quorum', () => {
    const single = policyOf(...['a', 'b'].map(witnessLine), 'quorum b');
    expect(quorumMet(single, ['b'])).toBe(true);
    expect(quorumMet(single, ['a'])).toBe(false);
  });

  it('counts to k of n', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.subarray(names), (k, cosigners) => {
        const policyOfK = policyOf(...names.map(witnessLine), `group g ${k} ${names.join(' ')}`, 'quorum g');
        expect(quorumMet(policyOfK, cosigners)).toBe(cosigners.length >= k);
      }),
      { seed: 5, numRuns: 40 },
    );
  });
});

describe(verifyByPolicy.name, () => {
  const [log, w1, w2, w3] = [logSigner(), witness('w1'), quantumWitness('w2'), witness('w3')];
  const lines = [w1, w2, w3].map(({ key }) => `witness ${key.name} ${serialiseVerifierKey(key)}`);
  const policy = policyOf(`log ${logKey}`, ...lines, 'group g 2 w1 w2 w3', 'quorum g');
  const signed = signCheckpoint(headOf(7), [log]);
  const by = (...cosigners: (typeof w1)[]) => ({
    ...signed,
    signatures: [...signed.signatures, ...cosigners.map((cosigner) => cosign(signed.text, cosigner, NOW))],
  });

  it('takes a checkpoint that its log signed and enough witnesses cosigned', () => {
    const { checkpoint, cosignatures } = verifyByPolicy(by(w1, w2), policy);
    expect(checkpoint).toEqual(headOf(7));
    expect(cosignatures.map(({ key }) => key.name)).toEqual(['w1', 'w2']);
    expect(cosignersOf(policy, verifyByPolicy(by(w1, w2), policy))).toEqual(['w1', 'w2']);
  });

  it.each([
    ['none', []],
    ['one', [w1]],
    ['one twice', [w1, w1]],
    ['one and a stranger', [w1, witness('w4')]],
    ['one and a stranger of a known name', [w1, witness('w3', 'w4')]],
    ['one under two names', [w1, witness('w3', 'w1')]],
  ])('refuses cosignatures of %s', (_, cosigners) => {
    expect(() => verifyByPolicy(by(...cosigners), policy)).toThrow(refusal('ERR_LOG_QUORUM'));
  });

  it('refuses a log that it does not list, and a wrong cosignature beyond the quorum', () => {
    const empty = policyOf(...lines, 'group g 2 w1 w2 w3', 'quorum g');
    expect(() => verifyByPolicy(by(w1, w2), empty)).toThrow(refusal('ERR_LOG_SIGNATURE'));
    const wrong = { ...cosign(signed.text, w3, NOW), signature: cosign(signed.text, w1, NOW).signature };
    const note = by(w1, w2);
    expect(() => verifyByPolicy({ ...note, signatures: [...note.signatures, wrong] }, policy)).toThrow(
      refusal('ERR_LOG_SIGNATURE'),
    );
  });

  it('refuses the key of one listed log under the origin of another', () => {
    const other = logSigner('hub.example/audit/2027');
    const both = policyOf(`log ${logKey}`, `log ${serialiseVerifierKey(other.key)}`, 'quorum none');
    expect(verifyByPolicy(signCheckpoint(headOf(7), [log]), both).checkpoint.origin).toBe(ORIGIN);
    expect(() => verifyByPolicy(signCheckpoint(headOf(7), [other]), both)).toThrow(refusal('ERR_LOG_SIGNATURE'));
  });

  it('takes a plain signature of a witness key for no cosignature', () => {
    const plain = verifierKeyOf('w1', 1, w1.key.material);
    const note = signCheckpoint(headOf(7), [log, { key: plain, privateKey: ed25519('w1') }]);
    const one = policyOf(`log ${logKey}`, ...lines, 'quorum w1');
    expect(() => verifyByPolicy(note, one)).toThrow(refusal('ERR_LOG_QUORUM'));
    expect(verifyByPolicy(by(w1), one).cosignatures).toHaveLength(1);
  });
});
