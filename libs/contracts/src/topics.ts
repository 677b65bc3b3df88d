/** A Kafka topic as deployment creates it. Retention is unlimited, but for what passes: the audit log and replays need the records. */
export interface TopicDefinition {
  readonly name: string;
  readonly partitions: number;
  /** What the record key is. */
  readonly key: 'aggregate id' | 'as source';
  readonly writtenBy: string;
  readonly summary: string;
  /** What a record says holds until the next one: it is kept for a day, and no broker flushes it to disk before it acknowledges. */
  readonly passes?: true;
}

export const TOPICS = {
  requestSubmissions: {
    name: 'requests.submissions',
    partitions: 4,
    key: 'aggregate id',
    writtenBy: 'gateway',
    summary: 'Envelopes about requests as participants signed them, before any rule.',
  },
  requestEvents: {
    name: 'requests.events',
    partitions: 4,
    key: 'aggregate id',
    writtenBy: 'requests',
    summary: 'Facts after the rules, each signed by the requests service, with the causing envelope beside it.',
  },
  directorySubmissions: {
    name: 'directory.submissions',
    partitions: 1,
    key: 'aggregate id',
    writtenBy: 'gateway',
    summary: 'Directory changes as participants handed them in.',
  },
  directoryEvents: {
    name: 'directory.events',
    partitions: 1,
    key: 'aggregate id',
    writtenBy: 'directory',
    summary: 'Accepted and refused directory changes. One partition: the directory has one order.',
  },
  notificationSubmissions: {
    name: 'notifications.submissions',
    partitions: 1,
    key: 'aggregate id',
    writtenBy: 'gateway',
    summary:
      'How participants want their desks to be nudged, and what is wrong with their feeds, as they signed it. One partition: what is said later holds.',
  },
  notificationEvents: {
    name: 'notifications.events',
    partitions: 1,
    key: 'aggregate id',
    writtenBy: 'notifications',
    summary:
      'What notifications says itself: settings taken or refused, contacts given up, steps because nobody opened a leg, answers about disputed feeds.',
  },
  accessRecords: {
    name: 'access.records',
    partitions: 1,
    key: 'aggregate id',
    writtenBy: 'gateway',
    summary: 'What participants commit to of their access logs, as they signed it. Nobody reads it but the log.',
  },
  auditEpochs: {
    name: 'audit.epochs',
    partitions: 1,
    key: 'aggregate id',
    writtenBy: 'audit',
    summary:
      'That the log ends and which one goes on, and how a log begins: the last leaf of the one, the first of the other.',
  },
  auditProgress: {
    name: 'audit.progress',
    partitions: 1,
    key: 'aggregate id',
    writtenBy: 'audit',
    summary:
      'How far each partition of the other topics is in the log. The one topic that is not in it: the latest statement holds.',
    passes: true,
  },
} as const satisfies Record<string, TopicDefinition>;

/** Groups that consume each topic with an inbox; each pair has a topic for records that could not be processed. */
export const CONSUMER_GROUPS = {
  requests: [TOPICS.requestSubmissions.name],
  directory: [TOPICS.directorySubmissions.name],
  notifications: [
    TOPICS.requestEvents.name,
    TOPICS.directoryEvents.name,
    TOPICS.notificationSubmissions.name,
    TOPICS.notificationEvents.name,
  ],
} as const satisfies Record<string, readonly string[]>;

/** Name of the topic that holds what `group` could not process of `topic`. */
export function parkedTopic(topic: string, group: string): string {
  return `${topic}.${group}.parked`;
}

/** Topics whose every record is in the log: all but the statements about the log itself. */
export function loggedTopics(): TopicDefinition[] {
  return allTopics().filter(({ name }) => name !== TOPICS.auditProgress.name);
}

/** Every topic of a hub, the parked ones included: the table that deployment creates them from. */
export function allTopics(): TopicDefinition[] {
  const parked = Object.entries(CONSUMER_GROUPS).flatMap(([group, topics]) =>
    topics.map(
      (topic): TopicDefinition => ({
        name: parkedTopic(topic, group),
        partitions: 1,
        key: 'as source',
        writtenBy: group,
        summary: `Records of ${topic} that ${group} could not process, with the reason code.`,
      }),
    ),
  );
  return [...Object.values(TOPICS), ...parked];
}
