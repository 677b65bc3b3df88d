import { readGatewayConfig } from './config.js';

const complete: NodeJS.ProcessEnv = {
  SERAI_POSTGRES_URL: 'postgres://gateway:hunter2@127.0.0.1:4150/serai_hub',
  SERAI_KAFKA_BROKERS: '127.0.0.1:4160',
  SERAI_ROOT_KEYS: '/etc/serai/roots.json',
  SERAI_KEYSTORE: '/etc/serai/gateway.jwe',
  SERAI_KEYSTORE_PASSPHRASE: ' spaces belong to it ',
  SERAI_GATEWAY_PUBLIC_URL: 'https://hub.example/',
  SERAI_GATEWAY_DIRECTORY_URL: 'https://hub.example',
  SERAI_GATEWAY_NOTIFICATIONS_URL: 'https://hub.example',
  SERAI_GATEWAY_ATTACHMENTS: '/var/lib/serai/attachments',
};

describe(readGatewayConfig.name, () => {
  it('reads the environment', () => {
    expect(readGatewayConfig(complete)).toMatchObject({
      hub: {
        service: 'gateway',
        realm: 'production',
        topicPrefix: '',
        brokers: ['127.0.0.1:4160'],
        app: { host: '127.0.0.1', port: 4100 },
        keystore: { passphrase: ' spaces belong to it ' },
      },
      trustProxy: false,
      attachments: { place: { folder: '/var/lib/serai/attachments' }, days: 90 },
      addresses: { gateway: 'https://hub.example' },
    });
  });

  it.each(Object.keys(complete))('refuses to start without %s', (name) => {
    expect(() => readGatewayConfig({ ...complete, [name]: undefined })).toThrow(`${name} is not set`);
  });

  it.each(['0', '3651', 'long', '1.5'])('refuses to keep attachments for %j days', (days) => {
    const env = { ...complete, SERAI_GATEWAY_ATTACHMENT_DAYS: days };
    expect(() => readGatewayConfig(env)).toThrow('SERAI_GATEWAY_ATTACHMENT_DAYS');
  });

  it('refuses to listen beyond the loopback address without TLS', () => {
    const open = { ...complete, SERAI_GATEWAY_HOST: '0.0.0.0' };
    expect(() => readGatewayConfig(open)).toThrow(/does not listen on 0\.0\.0\.0 without TLS/);
    expect(readGatewayConfig({ ...open, SERAI_GATEWAY_TRUST_PROXY: '1' }).trustProxy).toBe(true);
  });

  it('refuses half of a TLS pair and files that are not there', () => {
    expect(() => readGatewayConfig({ ...complete, SERAI_GATEWAY_TLS_CERT: '/nowhere.pem' })).toThrow('set together');
    const both = { ...complete, SERAI_GATEWAY_TLS_CERT: '/nowhere.pem', SERAI_GATEWAY_TLS_KEY: '/nowhere.pem' };
    expect(() => readGatewayConfig(both)).toThrow('The file that SERAI_GATEWAY_TLS_CERT names can not be read.');
  });
});
