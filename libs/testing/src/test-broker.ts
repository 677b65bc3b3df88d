import { randomBytes } from 'node:crypto';

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(
    `${name} is not set. Run the tests with "npm test", or "node deploy/local/bootstrap.mjs infra" first.`,
  );
}

/** Addresses of the Kafka brokers of this test run. */
export function testBrokers(): string[] {
  return required('SERAI_TEST_KAFKA_BROKERS').split(',');
}

/** URL of the PostgreSQL server of this test run, as its superuser. */
export function testPostgresUrl(): string {
  return required('SERAI_TEST_POSTGRES_URL');
}

/** A topic prefix that no other file uses: topics and groups of test files stay apart. */
export function testTopicPrefix(): string {
  return `t${randomBytes(5).toString('hex')}.`;
}
