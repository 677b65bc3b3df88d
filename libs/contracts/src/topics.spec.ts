import { contractsOn, MESSAGE_CONTRACTS } from './catalogue.js';
import { allTopics, CONSUMER_GROUPS, loggedTopics, parkedTopic, TOPICS } from './topics.js';

describe('topics', () => {
  it('are created once each, those for parked records included', () => {
    const names = allTopics().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const [group, topics] of Object.entries(CONSUMER_GROUPS)) {
      for (const topic of topics) expect(names).toContain(parkedTopic(topic, group));
    }
  });

  it('are all in the log, but for what the log says of itself', () => {
    const logged = loggedTopics().map(({ name }) => name);
    const others = allTopics().filter(({ name }) => !logged.includes(name));
    expect(others.map(({ name }) => name)).toEqual(['audit.progress']);
  });

  it('last, but for what the log says of itself, which the next statement replaces', () => {
    const passing = allTopics().filter(({ passes }) => passes);
    expect(passing.map(({ name }) => name)).toEqual(['audit.progress']);
  });

  it('are consumed only where they exist', () => {
    const known: string[] = Object.values(TOPICS).map(({ name }) => name);
    for (const topic of Object.values(CONSUMER_GROUPS).flat()) expect(known).toContain(topic);
  });

  it('have one partition where one order is needed', () => {
    expect(TOPICS.directorySubmissions.partitions).toBe(1);
    expect(TOPICS.directoryEvents.partitions).toBe(1);
  });
});

describe('message types', () => {
  it('are told apart by their id', () => {
    for (const [type, contract] of MESSAGE_CONTRACTS) expect(contract.type).toBe(type);
  });

  it('travel on topics, or as answers to a call, and nowhere else', () => {
    const topics: string[] = Object.values(TOPICS).map(({ name }) => name);
    for (const { channel } of MESSAGE_CONTRACTS.values()) {
      expect([...topics, 'gateway.answers', 'directory.answers', 'audit.answers']).toContain(channel);
    }
  });

  it('have one channel each: nothing that a participant says passes for an event or an answer', () => {
    const submissions = contractsOn('requests.submissions');
    expect(submissions.has('serai.requests.request.submitted.v1')).toBe(true);
    expect(submissions.has('serai.requests.envelope.accepted.v1')).toBe(false);
    expect(submissions.has('serai.gateway.envelope.received.v1')).toBe(false);
    expect(contractsOn('requests.events').has('serai.requests.request.submitted.v1')).toBe(false);
  });
});
