import { readConfig, readSecrets } from './config.js';

const env = {
  SERAI_ACCESS_POINT_PARTICIPANT: 'urn:serai:participant:rs',
  SERAI_ACCESS_POINT_GATEWAY_URL: 'http://127.0.0.1:4100/',
  SERAI_ACCESS_POINT_OIDC_ISSUER: 'http://127.0.0.1:4110',
  SERAI_ACCESS_POINT_OIDC_AUDIENCE: 'urn:serai:participant:rs',
  SERAI_ACCESS_POINT_ATTACHMENTS: '/var/lib/serai/attachments',
  SERAI_ROOT_KEYS: '/keys/roots.json',
  SERAI_KEYSTORE: '/keys/rs.jwe',
  SERAI_KEYSTORE_PASSPHRASE: 'secret words',
  SERAI_POSTGRES_URL: 'postgres://rs:pw@127.0.0.1/serai_ap_rs',
};

describe('configuration of the access point', () => {
  it('is read from the environment, secrets apart', () => {
    const config = readConfig(env);
    expect(config).toMatchObject({
      app: { host: '127.0.0.1', port: 4121 },
      participant: 'urn:serai:participant:rs',
      realm: 'production',
      gatewayUrl: 'http://127.0.0.1:4100',
    });
    expect(JSON.stringify(config)).not.toContain('secret words');
    expect(JSON.stringify(config)).not.toContain('pw@');
    expect(readSecrets(env).keystorePassphrase).toBe('secret words');
  });

  it.each(Object.keys(env))('names %s when it is missing', (name) => {
    const { [name]: _, ...rest } = env as Record<string, string>;
    const read = () => [readConfig(rest), readSecrets(rest)];
    expect(read).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining(name) }),
    );
  });

  it('refuses a participant that is none', () => {
    expect(() => readConfig({ ...env, SERAI_ACCESS_POINT_PARTICIPANT: 'rs' })).toThrow(
      'SERAI_ACCESS_POINT_PARTICIPANT',
    );
  });
});
