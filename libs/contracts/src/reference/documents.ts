import { asyncApiDocument } from './async-api.js';
import { HTTP_APIS } from './http-apis.js';
import { publishedSchemas } from './message-schemas.js';
import { openApiDocument } from './open-api.js';
import { errorsPage, messagesPage } from './pages.js';

/** Every generated document: path below docs/reference -> text. `version` is that of the program. */
export function referenceDocuments(version: string): Map<string, string> {
  const schemas = publishedSchemas();
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return new Map([
    ...[...schemas].map(([name, schema]): [string, string] => [`schemas/${name}.schema.json`, json(schema)]),
    ...HTTP_APIS.map((api): [string, string] => [`openapi/${api.app}.json`, json(openApiDocument(api, version))]),
    ['asyncapi.json', json(asyncApiDocument(version))],
    ['errors.md', errorsPage()],
    ['messages.md', messagesPage(schemas)],
  ]);
}
