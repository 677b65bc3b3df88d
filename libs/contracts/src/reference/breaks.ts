import { incompatibilities, type RootedSchema } from './compatibility.js';
import type { JsonSchema } from './json-schema.js';

/** What the newer documents break for those who know the older ones; one line each, naming message type or operation and path. */
export function breaks(older: ReadonlyMap<string, string>, newer: ReadonlyMap<string, string>): string[] {
  const [were, are] = [publishedShapes(older), publishedShapes(newer)];
  return [...were].flatMap(([name, was]) => {
    const is = are.get(name);
    if (!is) return [`${name} was removed or renamed`];
    return incompatibilities(was, is).map(
      ({ path, problem }) => `${name}: ${path === '' ? '' : `${path}: `}${problem}`,
    );
  });
}

/** Every schema that somebody outside relies on, by the name that a message about it uses. */
function publishedShapes(documents: ReadonlyMap<string, string>): Map<string, RootedSchema> {
  const shapes = [...documents].flatMap(([file, text]): [string, RootedSchema][] => {
    const [, folder, name] = /^(schemas|openapi)\/(.+?)(?:\.schema)?\.json$/.exec(file) ?? [];
    if (!folder || !name) return [];
    const document: JsonSchema = JSON.parse(text);
    if (folder === 'schemas') return [[name, { schema: document, root: document }]];
    return shapesOfApi(document).map(([shape, schema]) => [`${name} ${shape}`, { schema, root: document }]);
  });
  return new Map(shapes);
}

interface Operation {
  readonly parameters?: readonly { name: string; in: string; required: boolean; schema: JsonSchema }[];
  readonly requestBody?: { content: Record<string, { schema: JsonSchema }> };
  readonly responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>;
}

function shapesOfApi(document: JsonSchema): [string, JsonSchema][] {
  const paths = document['paths'] as Record<string, Record<string, Operation>>;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => {
      const name = `${method.toUpperCase()} ${path}`;
      return shapesOfOperation(operation).map(([part, schema]): [string, JsonSchema] => [`${name} ${part}`, schema]);
    }),
  );
}

function shapesOfOperation({ parameters = [], requestBody, responses }: Operation): [string, JsonSchema][] {
  const parametersObject = {
    type: 'object',
    properties: Object.fromEntries(parameters.map(({ name, in: place, schema }) => [`${place} ${name}`, schema])),
    required: parameters.filter(({ required }) => required).map(({ name, in: place }) => `${place} ${name}`),
  };
  const bodies = (content: Record<string, { schema: JsonSchema }> = {}, part: string): [string, JsonSchema][] =>
    Object.entries(content).map(([mediaType, { schema }]) => [`${part} ${mediaType}`, schema]);
  // Which errors an operation may answer may change; their shape is one for all.
  const successes = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const answers = successes.flatMap(([status, { content }]) => bodies(content, status));
  return [['parameters', parametersObject], ...bodies(requestBody?.content, 'request'), ...answers];
}
