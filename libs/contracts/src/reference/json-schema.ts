import { z } from 'zod';

/** A JSON Schema of draft 2020-12, as far as this generator writes it. */
export type JsonSchema = Record<string, unknown>;

/** Names under which schemas are shared within a document. */
export type SchemaNames = ReadonlyMap<z.core.$ZodType, string>;

/** Keyword with the rules that the program checks and JSON Schema cannot say, one sentence each. */
export const RULES_KEYWORD = 'x-rules';

/** Names the schemas among the exports of a module: `legState` becomes `LegState`. */
export function schemaNames(module: Readonly<Record<string, unknown>>): SchemaNames {
  const schemas = Object.entries(module).filter((entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType);
  return new Map(schemas.map(([name, schema]) => [schema, `${name.charAt(0).toUpperCase()}${name.slice(1)}`]));
}

/**
 * JSON Schema of what may be sent. Unknown members are allowed where the program ignores them. What JSON Schema cannot say stands in the
 * description and under {@link RULES_KEYWORD}. Schemas that have a name are in `$defs`.
 */
export function toReferenceSchema(schema: z.ZodType, names: SchemaNames): JsonSchema {
  const metadata = {
    get: (part: z.core.$ZodType) => {
      const known = z.globalRegistry.get(part);
      const id = part === schema ? undefined : names.get(part);
      return known || id ? { ...known, id } : undefined;
    },
    has: (part: z.core.$ZodType) => z.globalRegistry.has(part) || names.has(part),
  };
  return z.toJSONSchema(schema, {
    io: 'input',
    metadata: metadata as unknown as typeof z.globalRegistry,
    override: ({ zodSchema, jsonSchema }) => {
      const rules = rulesOf(zodSchema);
      if (rules.length === 0) return;
      const beyond = `Beyond this schema: ${rules.join('; ')}.`;
      const said = z.globalRegistry.get(zodSchema)?.description;
      Object.assign(jsonSchema, { description: said ? `${said}. ${beyond}` : beyond, [RULES_KEYWORD]: rules });
    },
  }) as JsonSchema;
}

/** The schema itself, or what its reference within `root` leads to. */
export function resolveReference(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return schema;
  const steps = reference.replace(/^#\//, '').split('/');
  const target = steps.reduce<unknown>((at, step) => (at as JsonSchema | undefined)?.[step], root);
  if (!target) throw new Error(`Reference ${reference} leads nowhere.`);
  return resolveReference(target as JsonSchema, root);
}

/** Sentences of the checks that have no keyword of JSON Schema. */
function rulesOf(schema: z.core.$ZodType): string[] {
  return (schema._zod.def.checks ?? []).flatMap((check) => {
    const { check: kind, error } = check._zod.def;
    if (kind === 'overwrite') return ['surrounding white space does not count'];
    if (kind !== 'custom') return [];
    const sentence = error?.({ code: 'custom', input: undefined, path: [] } as never);
    return [(typeof sentence === 'string' ? sentence : sentence?.message) ?? 'has a rule of its own'];
  });
}
