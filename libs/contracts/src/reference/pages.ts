import { z } from 'zod';
import { ERROR_TABLE, type ErrorRow } from '#libs/errors';
import { MESSAGE_CONTRACTS } from '../catalogue.js';
import * as codes from '../codes.js';
import type { Channel, MessageContract } from '../message-contract.js';
import { LEG_MOVES } from '../requests/leg-moves.js';
import { type JsonSchema, resolveReference } from './json-schema.js';
import { innerSchemaName } from './named-schemas.js';

const GENERATED = '<!-- Generated from the sources by `node dist/libs/contracts/src/generate.js`. Do not edit. -->';

const AREAS: Record<string, string> = {
  ENVELOPE: 'Envelopes',
  CALLER: 'Callers of the hub',
  TRUST: 'Keys and trust',
  DIRECTORY: 'Directory',
  REQUEST: 'Requests and HTTP requests',
  LEG: 'Legs',
  OFFICER: 'Officers',
  CURSOR: 'Lists',
  FEED: 'Feeds',
  CONFIG: 'Configuration',
  KEYSTORE: 'Keystores',
  DATABASE: 'Database',
  BROKER: 'Broker',
  UPSTREAM: 'Other services',
  RECORD: 'Records',
  KEY: 'Parked keys',
  INTERNAL: 'Everything else',
};

/** docs/reference/errors.md */
export function errorsPage(): string {
  const areas = new Set(Object.keys(ERROR_TABLE).map(areaOf));
  const sections = [...areas].map((area) => {
    const rows = Object.entries<ErrorRow>(ERROR_TABLE).filter(([code]) => areaOf(code) === area);
    return [
      `## ${AREAS[area] ?? area}`,
      table(
        ['Code', 'HTTP', 'Log', 'A consumer will', 'When, and what to do'],
        rows.map(([code, { status, logLevel, disposition, title }]) => [
          `\`${code}\``,
          String(status),
          logLevel,
          disposition,
          title,
        ]),
      ),
    ].join('\n\n');
  });
  return page('Which errors are there, and what do they mean?', [
    'An error reaches a peer as problem details (RFC 9457): `type` is `urn:serai:problem:<code>`, `code` never changes its meaning, `detail` says what to do. From the gateway and from the rules they come inside a signed refusal.',
    'What a consumer does with a record that ends in an error: `retry` it until it works, `refuse` it with a signed answer, `park` its bytes where an operator sees them, `ignore` it, or stop the process (`fatal`).',
    ...sections,
  ]);
}

function areaOf(code: string): string {
  return code.split('_')[1] as string;
}

const CHANNELS: Record<Channel, string> = {
  'requests.submissions': 'From a participant through the gateway to the requests service.',
  'requests.events': 'From the requests service, through the feeds, to the participants in `data.header.audience`.',
  'directory.submissions': 'From a participant through the gateway to the directory service.',
  'directory.events': 'From the directory service to the other services and, through the feeds, to the participants.',
  'gateway.answers': 'In the HTTP answer of the gateway to the caller.',
  'notifications.submissions': 'From a participant through the gateway to the notifications service.',
  'notifications.events': 'From the notifications service, through the feeds, to the participants.',
  'access.records': 'From a participant through the gateway to the log; nobody else reads it.',
  'audit.epochs': 'Into the log, by the command of operators that ends one log and begins the next.',
  'audit.progress': 'From the audit service to the services that hand out only what is in the log.',
  'directory.answers': 'In the HTTP answer of the directory service.',
  'audit.answers': 'In the HTTP answer of the audit service.',
};

/** docs/reference/messages.md; `schemas` are the published ones by type. */
export function messagesPage(schemas: ReadonlyMap<string, JsonSchema>): string {
  const sections = Object.entries(CHANNELS).map(([channel, way]) => {
    const contracts = [...MESSAGE_CONTRACTS.values()].filter((contract) => contract.channel === channel);
    return [`## ${channel}`, way, ...contracts.map((contract) => messageSection(contract, schemas))].join('\n\n');
  });
  return page('Which messages are there?', [
    'Every message is a signed envelope: a JWS (compact form) around a CloudEvent. `data.header` is clear and holds what the rules of the hub need; `data.content` is encrypted to the recipients; `data.cause` names the envelope that caused an event of the hub. Fields marked * are required. Ignore fields that you do not know; a type with another major version is another type.',
    ...sections,
    movesSection(),
    codesSection(),
  ]);
}

function messageSection(contract: MessageContract, schemas: ReadonlyMap<string, JsonSchema>): string {
  const { type, summary, content, contentPresence } = contract;
  const plaintext = content ? innerSchemaName(content) : '';
  const facts = [
    `- Header: ${headerFields(schemas.get(type) as JsonSchema)}`,
    content
      ? `- Encrypted content (${contentPresence}): [${plaintext}](schemas/${plaintext}.schema.json)`
      : '- Encrypted content: none',
    `- [Schema](schemas/${type}.schema.json)`,
  ];
  return [`### ${type}`, summary, facts.join('\n')].join('\n\n');
}

/** Names of the header's fields; the required ones with a star. */
function headerFields(schema: JsonSchema): string {
  const header = memberOf(memberOf(schema, 'data', schema), 'header', schema);
  const required = new Set(header['required'] as string[] | undefined);
  const names = Object.keys(header['properties'] as object);
  return names.map((name) => `\`${name}\`${required.has(name) ? '*' : ''}`).join(', ');
}

function memberOf(schema: JsonSchema, name: string, root: JsonSchema): JsonSchema {
  const properties = schema['properties'] as Record<string, JsonSchema>;
  return resolveReference(properties[name] as JsonSchema, root);
}

function movesSection(): string {
  return [
    '## Moves of a leg',
    'A leg is born `SUBMITTED` by `serai.requests.request.submitted.v1`. Every other move is a row of this table; whatever is not here is refused with `ERR_LEG_MOVE_NOT_ALLOWED`. `SAME` leaves the status, `RESUME` returns to the one before the interruption. A refusal after an answer leads to `PARTIALLY_REFUSED`.',
    table(
      ['Message', 'Sent by', 'From', 'To'],
      LEG_MOVES.map(({ type, by, from, to }) => [`\`${type}\``, by, from.join(', '), to]),
    ),
  ].join('\n\n');
}

function codesSection(): string {
  const rows = Object.entries(codes).flatMap(([name, vocabulary]) =>
    vocabulary instanceof z.ZodEnum ? [[`\`${name}\``, vocabulary.options.join(', ')]] : [],
  );
  return ['## Codes', 'New codes may be added; their names never change.', table(['Vocabulary', 'Codes'], rows)].join(
    '\n\n',
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function page(title: string, parts: readonly string[]): string {
  return `${[`# ${title}`, GENERATED, ...parts].join('\n\n')}\n`;
}
