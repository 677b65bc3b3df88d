import { z } from 'zod';
import { incompatibilities } from './compatibility.js';
import { toReferenceSchema } from './json-schema.js';

/** What breaks when `older` becomes `newer`, one line per finding. */
function breaks(older: z.ZodType, newer: z.ZodType): string[] {
  const [a, b] = [older, newer].map((schema) => toReferenceSchema(schema, new Map())) as [object, object];
  const found = incompatibilities({ schema: { ...a }, root: { ...a } }, { schema: { ...b }, root: { ...b } });
  return found.map(({ path, problem }) => `${path}: ${problem}`);
}

const code = z.enum(['A', 'B']);
const text = z.string().min(1).max(10);
const message = z.object({
  id: z.string(),
  note: text.optional(),
  inner: z.object({ code, list: z.array(text).max(3) }),
});
const withInner = (inner: z.ZodObject) => message.extend({ inner });
const inner = message.shape.inner;

describe('compatible changes', () => {
  it.each<[string, z.ZodType, z.ZodType]>([
    ['nothing', message, message],
    ['an optional field more', message, message.extend({ more: z.string().optional() })],
    ['an optional field more, deep inside', message, withInner(inner.extend({ more: text.optional() }))],
    ['a code more', message, withInner(inner.extend({ code: z.enum(['A', 'B', 'C']) }))],
    ['any text where codes were', message, withInner(inner.extend({ code: z.string() }))],
    ['longer texts', message, message.extend({ note: z.string().min(0).max(20).optional() })],
    ['no limit where one was', message, message.extend({ note: z.string().optional() })],
    ['more members', message, withInner(inner.extend({ list: z.array(text).max(4) }))],
    ['another description', message, message.meta({ description: 'new words' })],
    ['a rule less', message.refine(() => true, 'must be nice'), message],
    [
      'a variant more',
      z.union([z.literal(50), z.literal(80)]),
      z.union([z.literal(50), z.literal(80), z.literal(100)]),
    ],
    ['a variant beside the only one', text, z.union([text, z.array(text)])],
    ['a kind more', z.discriminatedUnion('kind', [kind('a')]), z.discriminatedUnion('kind', [kind('b'), kind('a')])],
    ['an object opened', z.strictObject({ a: text }), z.object({ a: text })],
  ])('%s', (_name, older, newer) => {
    expect(breaks(older, newer)).toEqual([]);
  });
});

function kind(name: string, rest: z.ZodRawShape = {}) {
  return z.object({ kind: z.literal(name), ...rest });
}

describe('incompatible changes', () => {
  it.each<[string, z.ZodType, z.ZodType, string]>([
    ['a field removed', message, message.omit({ note: true }), 'note: removed or renamed'],
    ['a field removed deep inside', message, withInner(inner.omit({ list: true })), 'inner.list: removed or renamed'],
    [
      'a field renamed',
      message,
      message.omit({ note: true }).extend({ remark: text.optional() }),
      'note: removed or renamed',
    ],
    ['a field retyped', message, message.extend({ id: z.number() }), 'id: retyped from "string" to "number"'],
    [
      'a type where any was',
      z.object({ a: z.unknown() }),
      z.object({ a: text }),
      'a: retyped from anything to "string"',
    ],
    ['a required field more', message, message.extend({ more: text }), 'more: newly required'],
    ['an optional field required', message, message.extend({ note: text }), 'note: newly required'],
    ['a required field optional', message, message.partial({ id: true }), 'id: was always there and is optional now'],
    ['a code removed', message, withInner(inner.extend({ code: z.enum(['A']) })), 'inner.code: the code B was removed'],
    ['a code renamed', code, z.enum(['A', 'BB']), ': the code B was removed'],
    ['codes where any text was', message, message.extend({ id: code }), 'id: tightened: only listed codes are left'],
    ['another constant', z.literal('v1'), z.literal('v2'), ': the code v1 was removed'],
    ['a shorter text', text, text.max(9), ': tightened: maxLength was 10 and is 9'],
    ['a longer least length', text, text.min(2), ': tightened: minLength was 1 and is 2'],
    ['a limit where none was', z.string(), z.string().max(5), ': tightened: maxLength was not there and is 5'],
    [
      'fewer members',
      message,
      withInner(inner.extend({ list: z.array(text).max(2) })),
      'inner.list: tightened: maxItems was 3 and is 2',
    ],
    ['a tighter member', z.array(text), z.array(text.max(5)), '[]: tightened: maxLength was 10 and is 5'],
    ['a higher minimum', z.number().min(1), z.number().min(2), ': tightened: minimum was 1 and is 2'],
    ['a pattern', z.string(), z.string().regex(/^a/), ': pattern is new or another one'],
    ['another pattern', z.string().regex(/^a/), z.string().regex(/^a?/), ': pattern is new or another one'],
    [
      'a rule that no keyword tells',
      message,
      message.refine(() => true, 'must be nice'),
      ': tightened: the rule "must be nice" is new',
    ],
    ['a variant removed', z.union([text, z.array(text)]), text, ': the variant array was removed or renamed'],
    [
      'a kind renamed',
      z.union([kind('a'), kind('b')]),
      z.union([kind('a'), kind('c')]),
      ': the variant kind=b was removed or renamed',
    ],
    [
      'a kind tightened',
      z.union([kind('a'), kind('b')]),
      z.union([kind('a'), kind('b', { n: text })]),
      'n: newly required',
    ],
    ['an object closed', z.object({ a: text }), z.strictObject({ a: text }), ': closed to unknown members'],
    [
      'a field more in a closed object',
      z.strictObject({ a: text }),
      z.strictObject({ a: text, b: text.optional() }),
      'b: added to an object that is closed to unknown members',
    ],
    ['other unknown members', z.looseObject({}), z.object({}).catchall(text), '*: retyped from anything to "string"'],
  ])('%s', (_name, older, newer, finding) => {
    expect(breaks(older, newer)).toEqual([finding]);
  });

  it('are all found at once', () => {
    expect(breaks(message, z.object({ id: z.number() }))).toHaveLength(3);
  });

  it('are found behind a reference', () => {
    const names = (schema: z.ZodType) => new Map([[schema, 'Code']]);
    const [older, newer] = [code, z.enum(['A'])].map((schema) =>
      toReferenceSchema(z.object({ schema }), names(schema)),
    );
    expect(JSON.stringify(older)).toContain('#/$defs/Code');
    const found = incompatibilities({ schema: older!, root: older! }, { schema: newer!, root: newer! });
    expect(found).toEqual([{ path: 'schema', problem: 'the code B was removed' }]);
  });

  it('cannot hide behind a reference that leads nowhere', () => {
    const root = { properties: { a: { $ref: '#/$defs/Lost' } } };
    expect(() => incompatibilities({ schema: root, root }, { schema: root, root })).toThrow('leads nowhere');
  });
});
