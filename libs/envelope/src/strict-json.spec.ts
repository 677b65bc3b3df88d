import fc from 'fast-check';
import { parseStrictJson } from './index.js';

const parse = (text: string | Uint8Array) => parseStrictJson(Buffer.from(text), 'ERR_ENVELOPE_MALFORMED');
const refused = (text: string | Uint8Array, reason: string) =>
  expect(() => parse(text)).toThrow(
    expect.objectContaining({ code: 'ERR_ENVELOPE_MALFORMED', detail: { step: 'json', reason } }),
  );

describe(parseStrictJson.name, () => {
  it.each([
    ['{}', {}],
    ['[]', []],
    ['"a"', 'a'],
    [' { "a" : [ 1 , -2.5e-3 , true , null ] } ', { a: [1, -0.0025, true, null] }],
    ['{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}', { a: { a: { a: 1 } }, b: [{ a: 1 }, { a: 2 }] }],
    ['{"a":"a","b":"a","a\\"":"{\\"a\\":1,\\"a\\":2}"}', { a: 'a', b: 'a', 'a"': '{"a":1,"a":2}' }],
    ['["\\\\","\\\\\\"","\\\\\\\\"]', ['\\', '\\"', '\\\\']],
    ['"Марица \\u05d0 \\ud83d\\ude00"', 'Марица א 😀'],
    ['9007199254740991', 9007199254740991],
    ['1.5e-300', 1.5e-300],
  ])('reads %s', (text, value) => {
    expect(parse(text)).toEqual(value);
  });

  it.each([
    ['{"a":1,"a":1}', 'duplicate member'],
    ['{"a":1,"b":2,"a":3}', 'duplicate member'],
    ['{"a":1,"\\u0061":2}', 'duplicate member'],
    ['{"":1,"":2}', 'duplicate member'],
    ['[{"x":{"a":[],"a":[]}}]', 'duplicate member'],
    ['{"a":{"b":1},"c":{"d":{}},"a":2}', 'duplicate member'],
    ['{"a":[{"b":1},{"b":2}],"a":2}', 'duplicate member'],
    ['{"a\\\\":1,"a\\u005c":2}', 'duplicate member'],
    ['{"__proto__":{"admin":true}}', 'forbidden member'],
    ['{"\\u005f_proto__":1}', 'forbidden member'],
    ['"\\ud800"', 'lone surrogate'],
    ['"\\udc00\\ud800"', 'lone surrogate'],
    ['{"\\udfff":1}', 'lone surrogate'],
    ['1.7976931348623157e308', 'number out of range'],
    ['1e400', 'number out of range'],
    ['[-1e400]', 'number out of range'],
    ['9007199254740992', 'number out of range'],
    ['{"a":12345678901234567890}', 'number out of range'],
    ['['.repeat(33) + ']'.repeat(33), 'too deep'],
    [`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`, 'too deep'],
  ])('refuses %s', (text, reason) => {
    refused(text, reason);
  });

  it.each(['', ' ', '{', '{"a":1,}', "{'a':1}", '{"a":01}', 'NaN', 'undefined', '// a\n1', '1 2', '"\n"', '\uFEFF1'])(
    'refuses %j, which is no JSON',
    (text) => {
      refused(text, 'not JSON in UTF-8');
    },
  );

  it.each([
    ['a truncated sequence', [0x22, 0xe2, 0x82, 0x22]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['Latin-1', [0x22, 0xe9, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x31, 0x00]],
  ])('refuses %s', (_name, bytes) => {
    refused(Uint8Array.from(bytes), 'not JSON in UTF-8');
  });

  it('reads whatever JSON.stringify writes of well-formed values, and the same', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes('"__proto__":') && exact(value));
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses any object in which one member is written twice, however spaced and escaped', () => {
    const member = fc.tuple(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 2 }));
    const escaped = (name: string) =>
      [...name].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
    fc.assert(
      fc.property(fc.array(member, { minLength: 1 }), fc.nat(), fc.boolean(), (members, at, isEscaped) => {
        const unique = [...new Map(members)].filter(([name, value]) => name !== '__proto__' && exact(value));
        fc.pre(unique.length > 0 && unique.every(([name]) => [...name].every((c) => c.length === 1)));
        const [name] = unique[at % unique.length]!;
        const written = unique.map(([key, value]) => `${JSON.stringify(key)} :\t${JSON.stringify(value)}`);
        const again = `${isEscaped ? `"${escaped(name)}"` : JSON.stringify(name)}:0`;
        fc.pre(!written.join().includes('__proto__'));
        refused(`{${[...written, again].join(' ,\n')}}`, 'duplicate member');
      }),
    );
  });
});

function exact(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(exact);
}
