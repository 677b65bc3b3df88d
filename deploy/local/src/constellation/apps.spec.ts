import { PARTICIPANTS } from '../community/community.js';
import type { Founding } from '../community/founding.js';
import { type AppContext, envOf, grantOf, hasDatabase, type Instance, instancesFor, signerEnvOf } from './apps.js';
import { urlOfRole } from './databases.repository.js';

const founding: Founding = {
  rootKeys: '/k/root-keys.json',
  genesis: '/k/genesis.json',
  accounts: '/k/accounts.json',
  demoPassword: 'demo',
  nationalSystems: [],
  keystore: (name) => ({ path: `/k/${name}.keystore`, passphrase: `open ${name}` }),
  logFolder: '/log',
  signerFolder: '/signer',
  attachments: (instance: string) => `/attachments/${instance}`,
  databasePassword: (role) => `p/w of ${role}`,
};

function contextOf(namespace: string): AppContext {
  const instances = instancesFor(PARTICIPANTS);
  return {
    postgresUrl: 'postgres://serai:admin@127.0.0.1:4150/postgres',
    brokers: ['127.0.0.1:4160'],
    namespace,
    topicPrefix: '',
    founding,
    addresses: Object.fromEntries(instances.map(({ name, defaultPort }) => [name, `http://127.0.0.1:${defaultPort}`])),
  };
}

describe('the table of apps', () => {
  const instances = instancesFor(PARTICIPANTS);
  const context = contextOf('serai');
  const find = (name: string): Instance => {
    const instance = instances.find((candidate) => candidate.name === name);
    if (!instance) throw new Error(name);
    return instance;
  };

  it('gives every instance a name and a default port of its own', () => {
    expect(new Set(instances.map(({ name }) => name)).size).toBe(instances.length);
    expect(instances.map(({ name, defaultPort }) => `${name} ${defaultPort}`)).toEqual([
      'gateway 4100',
      'directory 4101',
      'requests 4102',
      'notifications 4103',
      'audit 4104',
      'identity-provider 4110',
      'access-point-rs 4121',
      'access-point-iq 4122',
      'access-point-tr 4123',
      'access-point-bg 4124',
      'access-point-secretariat 4125',
    ]);
  });

  it('keeps the port of a country when others are left out', () => {
    const some = instancesFor(PARTICIPANTS.filter(({ id }) => id === 'tr'));
    expect(some.at(-1)).toMatchObject({ name: 'access-point-tr', defaultPort: 4123 });
  });

  it('tells no access point where Kafka is, and no service the database of another', () => {
    for (const instance of instances.filter(({ app }) => app === 'access-point')) {
      expect(Object.keys(envOf(instance, context)).filter((name) => name.includes('KAFKA'))).toEqual([]);
    }
    const roles = instances.filter(hasDatabase).map((instance) => grantOf(instance, context).role);
    expect(new Set(roles).size).toBe(roles.length);
  });

  it('gives the identity provider neither keys nor a database', () => {
    const env = envOf(find('identity-provider'), context);
    expect(Object.keys(env).filter((name) => /KEYSTORE|POSTGRES|ROOT/.test(name))).toEqual([]);
  });

  it('hands nobody the password of the superuser', () => {
    for (const instance of instances) expect(JSON.stringify(envOf(instance, context))).not.toContain('admin');
  });

  it('gives the key of the log to its signer alone, which knows neither database nor broker', () => {
    const signer = signerEnvOf(context);
    expect(signer).toMatchObject({ SERAI_SIGNER_KEYSTORE: '/k/log-signer.keystore' });
    expect(Object.keys(signer).filter((name) => /POSTGRES|KAFKA|ROOT/.test(name))).toEqual([]);
    for (const instance of instances) expect(JSON.stringify(envOf(instance, context))).not.toContain('/k/log-signer');
    const audit = envOf(find('audit'), context);
    expect(audit['SERAI_SIGNER_SOCKET']).toBe(signer['SERAI_SIGNER_SOCKET']);
    expect(audit['SERAI_AUDIT_WITNESS_URLS']).toMatch(/^rs=http:\/\/127.0.0.1:4121\/witness,iq=http/);
  });

  it('gives each instance its own keystore', () => {
    expect(envOf(find('access-point-iq'), context)).toMatchObject({
      SERAI_KEYSTORE: '/k/iq.keystore',
      SERAI_KEYSTORE_PASSPHRASE: 'open iq',
      SERAI_ACCESS_POINT_PORT: '4122',
      SERAI_ACCESS_POINT_PARTICIPANT: 'urn:serai:participant:iq',
    });
    expect(envOf(find('requests'), context)).toMatchObject({ SERAI_KEYSTORE: '/k/requests.keystore' });
  });

  it('keeps constellations on one server apart', () => {
    expect(grantOf(find('gateway'), contextOf('t1'))).toMatchObject({
      role: 't1_gateway',
      database: 't1_hub',
      schema: 'gateway',
    });
    expect(grantOf(find('access-point-rs'), contextOf('t1'))).toMatchObject({ role: 't1_ap_rs', database: 't1_ap_rs' });
  });

  it('writes passwords into addresses so that they survive', () => {
    const url = urlOfRole(context.postgresUrl, { role: 'r', password: 'a/b@c:d', database: 'x' });
    expect(decodeURIComponent(new URL(url).password)).toBe('a/b@c:d');
    expect(new URL(url).host).toBe('127.0.0.1:4150');
  });
});
