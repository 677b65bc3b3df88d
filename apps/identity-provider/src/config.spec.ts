import { readConfig } from './config.js';

const env = {
  SERAI_IDENTITY_PROVIDER_ISSUER: 'http://127.0.0.1:4110',
  SERAI_IDENTITY_PROVIDER_ACCOUNTS: '/somewhere/accounts.json',
};

describe(readConfig.name, () => {
  it('reads the environment', () => {
    expect(readConfig(env)).toMatchObject({ issuer: 'http://127.0.0.1:4110', app: { port: 4110, host: '127.0.0.1' } });
  });

  it('refuses production in a sentence, whatever else is set', () => {
    expect(() => readConfig({ ...env, NODE_ENV: 'production' })).toThrow(
      /for development only and does not run with NODE_ENV=production/,
    );
    expect(() => readConfig({ NODE_ENV: 'production' })).toThrow(/for development only/);
  });

  it('refuses an issuer with a path and a missing accounts file', () => {
    const wrong = { SERAI_IDENTITY_PROVIDER_ISSUER: 'http://127.0.0.1:4110/realms/serai' };
    expect(() => readConfig(wrong)).toThrow(
      'Wrong configuration: SERAI_IDENTITY_PROVIDER_ISSUER must be an origin, no path; SERAI_IDENTITY_PROVIDER_ACCOUNTS is not set.',
    );
  });
});
