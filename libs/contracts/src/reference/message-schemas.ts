import { MESSAGE_CONTRACTS } from '../catalogue.js';
import { type JsonSchema, toReferenceSchema } from './json-schema.js';
import { INNER_SCHEMAS, SCHEMA_NAMES } from './named-schemas.js';

/** Every schema that is published as a file of its own: message types by their id, inner schemas by their name. */
export function publishedSchemas(): Map<string, JsonSchema> {
  const messages = [...MESSAGE_CONTRACTS.values()].map(({ type, summary, event }): [string, JsonSchema] => [
    type,
    describe(type, summary, toReferenceSchema(event, SCHEMA_NAMES)),
  ]);
  const inner = [...INNER_SCHEMAS].map(([name, schema]): [string, JsonSchema] => [
    name,
    describe(name, undefined, toReferenceSchema(schema, SCHEMA_NAMES)),
  ]);
  return new Map([...messages, ...inner].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function describe(name: string, summary: string | undefined, schema: JsonSchema): JsonSchema {
  const { $schema, description, ...rest } = schema;
  const said = [summary, description].filter((text) => text !== undefined).join(' ');
  return { $schema, $id: `urn:serai:schema:${name}`, title: name, ...(said ? { description: said } : {}), ...rest };
}
