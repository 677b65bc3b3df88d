import fs from 'node:fs';
import path from 'node:path';

/** TypeScript of apps and libs, tests left out, by path from the checkout. */
function sources(...folders: string[]): Map<string, string> {
  const checkout = path.resolve(__dirname, '../../..');
  const files = folders.flatMap((folder) =>
    fs
      .readdirSync(path.join(checkout, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !name.includes('node_modules'))
      .map((name) => path.join(folder, name)),
  );
  return new Map(files.map((name) => [name, fs.readFileSync(path.join(checkout, name), 'utf8')]));
}

/** Files that match, outside of `except`. */
function offenders(pattern: RegExp, except: readonly string[] = []): string[] {
  const found = [...sources('apps', 'libs')].filter(([, text]) => pattern.test(text)).map(([name]) => name);
  return found.filter((name) => !except.some((folder) => name.startsWith(folder)));
}

const MESSAGING = ['libs/messaging/'];

describe('pitfalls that the design rules out', () => {
  it.each([
    // What is asked once, of either client's topics and groups, kafkajs asks.
    ['kafkajs', /from 'kafkajs'/, ['create-topics.ts', 'group-progress.ts']],
    ['platformatic', /from '@platformatic\/kafka'/, []],
  ])('the Kafka client %s is imported by its own folder of libs/messaging alone', (folder, imports, others) => {
    const kafka = 'libs/messaging/src/kafka/';
    expect(offenders(imports, [`${kafka}${folder}/`, ...others.map((name) => kafka + name)])).toEqual([]);
    expect(offenders(imports)).not.toEqual([]);
  });

  it('pitfall 1 and 5: nobody uses the stock transport, whose deserializers parse before verification', () => {
    expect(offenders(/Transport\.KAFKA|ServerKafka|KafkaContext|KafkaParser|\bdeserializer\b/, MESSAGING)).toEqual([]);
  });

  it('pitfall 4: no filter stands between a consumer and its records', () => {
    const consumers = offenders(/@EventPattern\(/).map((name) => [name, sources('apps', 'libs').get(name)!] as const);
    expect(consumers.filter(([, text]) => /@UseFilters|@UsePipes|@UseInterceptors/.test(text))).toEqual([]);
  });

  it('pitfall 12: nobody produces but the outbox relay, the gateway, which awaits the acknowledgement, and the statements about the log: the latest counts, or the first that is found', () => {
    expect(offenders(/ClientKafka|ClientProxy|ClientsModule|@Client\(|client\.emit\(/)).toEqual([]);
    const producing = offenders(/RecordProducer/).filter((name) => name.startsWith('apps/'));
    const others = producing.filter((name) => !name.startsWith('apps/gateway/'));
    const inAudit = ['epoch/epoch-closer.ts', 'epoch/epoch-opener.ts', 'progress/progress.publisher.ts'];
    expect(others.toSorted()).toEqual(inAudit.map((name) => path.join('apps', 'audit', 'src', ...name.split('/'))));
  });

  it('pitfall 17: no request-reply over Kafka', () => {
    expect(offenders(/@MessagePattern|kafka_replyTopic/, MESSAGING)).toEqual([]);
    const microservices = offenders(/from '@nestjs\/microservices'/);
    expect(offenders(/client\.send\(/).filter((name) => microservices.includes(name))).toEqual([]);
  });

  it('pitfall 14: no topic has two handlers in one app', () => {
    const handlers = [...sources('apps')].flatMap(([name, text]) =>
      [...text.matchAll(/@EventPattern\((.+?)\)/g)].map(([, topic]) => `${name.split(path.sep)[1]} ${topic}`),
    );
    expect(handlers).toEqual([...new Set(handlers)]);
  });

  it('pitfall 16: no timer sends heartbeats for work that may hang', () => {
    expect(offenders(/setInterval\([^)]*heartbeat/i)).toEqual([]);
  });
});
