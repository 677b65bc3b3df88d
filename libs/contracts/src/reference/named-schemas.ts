import type { z } from 'zod';
import * as approvalView from '../access-point-api/approval-view.js';
import * as approvals from '../access-point-api/approvals.js';
import * as common from '../access-point-api/common.js';
import * as describedRequest from '../access-point-api/described-request.js';
import * as directoryViews from '../access-point-api/directory-views.js';
import * as inCountry from '../access-point-api/in-country.js';
import * as legActs from '../access-point-api/leg-acts.js';
import * as legs from '../access-point-api/legs.js';
import * as nudges from '../access-point-api/nudges.js';
import * as observation from '../access-point-api/observation.js';
import * as requests from '../access-point-api/requests.js';
import { directoryChange } from '../directory/change.js';
import { directorySnapshot } from '../directory/messages.js';
import * as contracts from '../index.js';
import { answerSecrets, requestSecrets, textContent } from '../requests/content.js';
import { type SchemaNames, schemaNames } from './json-schema.js';

/** Names under which the documents share schemas: those of the exports. */
export const SCHEMA_NAMES: SchemaNames = schemaNames({
  ...approvals,
  ...approvalView,
  ...common,
  ...describedRequest,
  ...directoryViews,
  ...inCountry,
  ...legActs,
  ...legs,
  ...nudges,
  ...observation,
  ...requests,
  ...contracts,
});

/** What travels inside messages: plaintexts of encrypted content, payloads of signed changes, the snapshot. Name of the schema file -> schema. */
export const INNER_SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ['answer-content', answerSecrets],
  ['directory-change', directoryChange],
  ['directory-snapshot', directorySnapshot],
  ['request-content', requestSecrets],
  ['text-content', textContent],
]);

/** Name of the schema file of a plaintext. */
export function innerSchemaName(schema: z.ZodType): string {
  const found = [...INNER_SCHEMAS].find(([, known]) => known === schema);
  if (!found) throw new Error('A content schema is missing among INNER_SCHEMAS: add it there with a name.');
  return found[0];
}
