import { type JsonSchema, RULES_KEYWORD, resolveReference } from './json-schema.js';

/** One thing that the newer schema takes away from, or asks of, those who know the older one. */
export interface Incompatibility {
  /** Dotted path of the field; `[]` is the member of an array, empty is the message itself. */
  readonly path: string;
  readonly problem: string;
}

/** A schema with the document that its references point into. */
export interface RootedSchema {
  readonly schema: JsonSchema;
  readonly root: JsonSchema;
}

type Finding = Incompatibility[];
type Compare = (older: JsonSchema, newer: JsonSchema, path: string) => Finding;

/**
 * What breaks between two versions of a schema by the rule of this project: optional fields, codes and variants may be added and limits loosened; nothing is removed, renamed,
 * retyped, tightened or newly required. A keyword that is not known here may not change at all.
 */
export function incompatibilities(older: RootedSchema, newer: RootedSchema): Incompatibility[] {
  const comparison = new Comparison(older.root, newer.root);
  return comparison.compare(older.schema, newer.schema, '');
}

const LOWER_LIMITS = ['minLength', 'minItems', 'minimum', 'exclusiveMinimum', 'minProperties'];
const UPPER_LIMITS = ['maxLength', 'maxItems', 'maximum', 'exclusiveMaximum', 'maxProperties'];
const COMPARED_APART = [
  'type',
  'enum',
  'const',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'anyOf',
  'oneOf',
];
const WITHOUT_MEANING = [
  '$schema',
  '$id',
  '$defs',
  'title',
  'description',
  'examples',
  'default',
  'oneOf',
  'deprecated',
];
const KNOWN = new Set([...LOWER_LIMITS, ...UPPER_LIMITS, ...COMPARED_APART, ...WITHOUT_MEANING, RULES_KEYWORD]);

class Comparison {
  constructor(
    private readonly olderRoot: JsonSchema,
    private readonly newerRoot: JsonSchema,
  ) {}

  compare(olderSchema: JsonSchema, newerSchema: JsonSchema, path: string): Finding {
    const older = resolveReference(olderSchema, this.olderRoot);
    const newer = resolveReference(newerSchema, this.newerRoot);
    if (variantsOf(older) || variantsOf(newer)) return this.compareVariants(older, newer, path);
    const retyped = compareTypes(older, newer, path);
    if (retyped.length > 0) return retyped;
    return [
      ...compareCodes(older, newer, path),
      ...compareLimits(older, newer, path),
      ...compareRules(older, newer, path),
      ...compareOtherKeywords(older, newer, path),
      ...this.compareMembers(older, newer, path),
    ];
  }

  private compareMembers(older: JsonSchema, newer: JsonSchema, path: string): Finding {
    const recurse: Compare = (a, b, at) => this.compare(a, b, at);
    return [
      ...compareProperties(older, newer, path, recurse),
      ...compareUnknownMembers(older, newer, path, recurse),
      ...compareItems(older, newer, path, recurse),
    ];
  }

  /** Every older variant needs a newer one that takes all that it took. */
  private compareVariants(older: JsonSchema, newer: JsonSchema, path: string): Finding {
    const candidates = (variantsOf(newer) ?? [newer]).map((variant) => resolveReference(variant, this.newerRoot));
    return (variantsOf(older) ?? [older]).flatMap((variant) => {
      const known = resolveReference(variant, this.olderRoot);
      const label = labelOf(known);
      const same = candidates.filter((candidate) => labelOf(candidate) === label);
      const [closest] = same
        .map((candidate) => this.compare(known, candidate, path))
        .sort((a, b) => a.length - b.length);
      return closest ?? [{ path, problem: `the variant ${label} was removed or renamed` }];
    });
  }
}

function variantsOf(schema: JsonSchema): JsonSchema[] | undefined {
  return (schema['anyOf'] ?? schema['oneOf']) as JsonSchema[] | undefined;
}

/** What tells a variant from its neighbours: the members with one fixed value, else the type. */
function labelOf(variant: JsonSchema): string {
  const members = Object.entries(propertiesOf(variant)).filter(([, { const: value }]) => value !== undefined);
  if (members.length > 0) return members.map(([name, { const: value }]) => `${name}=${String(value)}`).join(' ');
  return String(variant['const'] ?? variant['type']);
}

function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  return (schema['properties'] ?? {}) as Record<string, JsonSchema>;
}

function compareTypes(older: JsonSchema, newer: JsonSchema, path: string): Finding {
  const [was, is] = [older['type'], newer['type']].map((type) => JSON.stringify(type));
  if (was === is || is === undefined) return [];
  return [{ path, problem: `retyped from ${was ?? 'anything'} to ${is}` }];
}

function codesOf(schema: JsonSchema): unknown[] | undefined {
  return 'const' in schema ? [schema['const']] : (schema['enum'] as unknown[] | undefined);
}

function compareCodes(older: JsonSchema, newer: JsonSchema, path: string): Finding {
  const [were, are] = [codesOf(older), codesOf(newer)];
  if (!are) return [];
  if (!were) return [{ path, problem: 'tightened: only listed codes are left' }];
  return were.filter((code) => !are.includes(code)).map((code) => ({ path, problem: `the code ${code} was removed` }));
}

function compareLimits(older: JsonSchema, newer: JsonSchema, path: string): Finding {
  const tightened = (keyword: string, isTighter: (was: number, is: number) => boolean): Finding => {
    const [was, is] = [older[keyword], newer[keyword]] as (number | undefined)[];
    if (is === undefined || (was !== undefined && !isTighter(was, is))) return [];
    return [{ path, problem: `tightened: ${keyword} was ${was ?? 'not there'} and is ${is}` }];
  };
  return [
    ...LOWER_LIMITS.flatMap((keyword) => tightened(keyword, (was, is) => is > was)),
    ...UPPER_LIMITS.flatMap((keyword) => tightened(keyword, (was, is) => is < was)),
  ];
}

function compareRules(older: JsonSchema, newer: JsonSchema, path: string): Finding {
  const [were, are] = [older, newer].map((schema) => (schema[RULES_KEYWORD] ?? []) as string[]) as [string[], string[]];
  const added = are.filter((rule) => !were.includes(rule));
  return added.map((rule) => ({ path, problem: `tightened: the rule "${rule}" is new` }));
}

function compareOtherKeywords(older: JsonSchema, newer: JsonSchema, path: string): Finding {
  const keywords = Object.keys(newer).filter((keyword) => !KNOWN.has(keyword));
  const changed = keywords.filter((keyword) => JSON.stringify(older[keyword]) !== JSON.stringify(newer[keyword]));
  return changed.map((keyword) => ({ path, problem: `${keyword} is new or another one` }));
}

function compareProperties(older: JsonSchema, newer: JsonSchema, path: string, compare: Compare): Finding {
  const [were, are] = [propertiesOf(older), propertiesOf(newer)];
  const [wereRequired, areRequired] = [older, newer].map(
    (schema) => new Set((schema['required'] ?? []) as string[]),
  ) as [Set<string>, Set<string>];
  const at = (name: string): string => (path ? `${path}.${name}` : name);
  const findings = Object.entries(were).flatMap(([name, schema]): Finding => {
    const now = are[name];
    if (!now) return [{ path: at(name), problem: 'removed or renamed' }];
    if (wereRequired.has(name) && !areRequired.has(name)) {
      return [{ path: at(name), problem: 'was always there and is optional now' }];
    }
    return compare(schema, now, at(name));
  });
  const newlyRequired = [...areRequired].filter((name) => !wereRequired.has(name));
  const closed = older['additionalProperties'] === false;
  const added = closed ? Object.keys(are).filter((name) => !(name in were)) : [];
  return [
    ...findings,
    ...newlyRequired.map((name) => ({ path: at(name), problem: 'newly required' })),
    ...added.map((name) => ({ path: at(name), problem: 'added to an object that is closed to unknown members' })),
  ];
}

/** `additionalProperties`: absent and true take everything, false nothing, a schema what it describes. */
function compareUnknownMembers(older: JsonSchema, newer: JsonSchema, path: string, compare: Compare): Finding {
  const [was, is] = [older, newer].map(({ additionalProperties }) => additionalProperties ?? true);
  if (was === false || is === true) return [];
  if (is === false) return [{ path, problem: 'closed to unknown members' }];
  return compare(was === true ? {} : (was as JsonSchema), is as JsonSchema, path ? `${path}.*` : '*');
}

function compareItems(older: JsonSchema, newer: JsonSchema, path: string, compare: Compare): Finding {
  const [was, is] = [older['items'], newer['items']] as (JsonSchema | undefined)[];
  if (!is) return [];
  return was ? compare(was, is, `${path}[]`) : [{ path: `${path}[]`, problem: 'tightened: members are described now' }];
}
