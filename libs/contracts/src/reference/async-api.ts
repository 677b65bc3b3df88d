import { MESSAGE_CONTRACTS } from '../catalogue.js';
import type { MessageContract } from '../message-contract.js';
import { allTopics, CONSUMER_GROUPS, type TopicDefinition } from '../topics.js';
import type { JsonSchema } from './json-schema.js';

const KAFKA = { bindingVersion: '0.5.0' };

const KEY_SCHEMA = {
  type: 'string',
  format: 'uuid',
  description: 'Aggregate id: the leg, or the one id of the directory. Records of one key stay in order.',
};

const text = (description: string) => ({ type: 'string', description });

const RECORD_HEADERS = {
  type: 'object',
  properties: {
    traceparent: text('W3C Trace Context of whoever produced the record.'),
    'directory-version': text(
      'On submissions: version of the directory that the gateway verified with. A reader waits for it, and does not believe it.',
    ),
  },
};

/** On topics of parked records: the record as it was, with headers that say where it came from and why it is here. */
const PARKED_RECORD = {
  name: 'parked-record',
  summary: 'A record as it was, with the reason why it could not be processed.',
  contentType: 'application/octet-stream',
  headers: {
    type: 'object',
    required: ['serai-parked-code', 'serai-parked-topic', 'serai-parked-partition', 'serai-parked-offset'],
    properties: {
      ...RECORD_HEADERS.properties,
      'serai-parked-code': text('Code of the error table.'),
      'serai-parked-topic': text('Topic that it was read from.'),
      'serai-parked-partition': text('Partition that it was read from.'),
      'serai-parked-offset': text('Its offset there.'),
    },
  },
  payload: { type: 'string', format: 'binary' },
};

/** AsyncAPI 3.0 document of the topics inside a hub. Access points never see a topic: they post to the gateway and follow their feed. */
export function asyncApiDocument(version: string): JsonSchema {
  const topics = allTopics();
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Caravanserai: topics of a hub',
      version,
      description:
        'Every record is a signed envelope: a JWS in compact serialization whose payload is the CloudEvent that the schema describes. On `.events` topics the value is the JWS of the event and, where an envelope caused it, a newline and the JWS of that envelope, byte for byte as it was signed.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/jose',
    channels: Object.fromEntries(topics.map((topic) => [topic.name, channelOf(topic)])),
    operations: Object.fromEntries(topics.flatMap(operationsOf)),
    components: {
      messages: {
        ...Object.fromEntries(topics.flatMap(messagesOn).map(messageOf)),
        [PARKED_RECORD.name]: PARKED_RECORD,
      },
    },
  };
}

function messagesOn(topic: TopicDefinition): MessageContract[] {
  return [...MESSAGE_CONTRACTS.values()].filter(({ channel }) => channel === topic.name);
}

function channelOf(topic: TopicDefinition): JsonSchema {
  const types = topic.key === 'as source' ? [PARKED_RECORD.name] : messagesOn(topic).map(({ type }) => type);
  const messages = types.map((type) => [type, { $ref: `#/components/messages/${type}` }]);
  return {
    address: topic.name,
    description: topic.summary,
    messages: Object.fromEntries(messages),
    bindings: { kafka: { topic: topic.name, partitions: topic.partitions, ...KAFKA } },
  };
}

/** Who writes a topic and which groups read it, both as seen from that service. */
function operationsOf(topic: TopicDefinition): [string, JsonSchema][] {
  const channel = { $ref: `#/channels/${topic.name}` };
  const readers = Object.entries(CONSUMER_GROUPS).filter(([, topics]) =>
    topics.some((name: string) => name === topic.name),
  );
  return [
    [`${topic.writtenBy}.sends.${topic.name}`, { action: 'send', channel, summary: `${topic.writtenBy} writes.` }],
    ...readers.map(([group]): [string, JsonSchema] => [
      `${group}.receives.${topic.name}`,
      {
        action: 'receive',
        channel,
        summary: `${group} reads.`,
        bindings: { kafka: { groupId: { type: 'string', const: group }, ...KAFKA } },
      },
    ]),
  ];
}

function messageOf({ type, summary }: MessageContract): [string, JsonSchema] {
  return [
    type,
    {
      name: type,
      summary,
      contentType: 'application/jose',
      headers: RECORD_HEADERS,
      payload: {
        schemaFormat: 'application/schema+json;version=draft-2020-12',
        schema: { $ref: `./schemas/${type}.schema.json` },
      },
      bindings: { kafka: { key: KEY_SCHEMA, ...KAFKA } },
    },
  ];
}
