import { readDirectoryConfig } from './config.js';

const complete: NodeJS.ProcessEnv = {
  SERAI_POSTGRES_URL: 'postgres://directory:hunter2@127.0.0.1:4150/serai_hub',
  SERAI_KAFKA_BROKERS: '127.0.0.1:4160',
  SERAI_ROOT_KEYS: '/etc/serai/roots.json',
  SERAI_KEYSTORE: '/etc/serai/directory.jwe',
  SERAI_KEYSTORE_PASSPHRASE: 'long enough',
};

describe(readDirectoryConfig.name, () => {
  it('reads the environment; founding changes are needed only once', () => {
    expect(readDirectoryConfig(complete)).toMatchObject({ hub: { service: 'directory', app: { port: 4101 } } });
    const founding = { ...complete, SERAI_DIRECTORY_GENESIS: '/etc/serai/genesis.json' };
    expect(readDirectoryConfig(founding).genesisPath).toBe('/etc/serai/genesis.json');
  });

  it('refuses what is wrong, without a value of it', () => {
    const wrong = {
      ...complete,
      SERAI_REALM: 'hunter2',
      SERAI_KAFKA_TOPIC_PREFIX: 'a b',
      SERAI_KAFKA_CLIENT: 'librdkafka',
      SERAI_DIRECTORY_PORT: 'hunter2',
    };
    expect(() => readDirectoryConfig(wrong)).toThrow(/SERAI_REALM must be one of production, training/);
    expect(() => readDirectoryConfig(wrong)).toThrow(/SERAI_KAFKA_TOPIC_PREFIX must be a prefix/);
    expect(() => readDirectoryConfig(wrong)).toThrow(/SERAI_KAFKA_CLIENT must be one of kafkajs, platformatic/);
    expect(() => readDirectoryConfig(wrong)).not.toThrow('hunter2');
  });
});
