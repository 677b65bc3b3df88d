import { readAuditConfig } from './config.js';

const ENV = {
  SERAI_POSTGRES_URL: 'postgres://audit@localhost/hub',
  SERAI_KAFKA_BROKERS: 'localhost:9092',
  SERAI_ROOT_KEYS: '/roots.json',
  SERAI_KEYSTORE: '/audit.keystore',
  SERAI_KEYSTORE_PASSPHRASE: 'passphrase of a test',
  SERAI_AUDIT_ORIGIN: 'hub.example/audit/2027',
  SERAI_AUDIT_LOG_FOLDER: '/log-2027',
  SERAI_SIGNER_SOCKET: '/run/signer.sock',
};
const EARLIER = 'hub.example/audit/2026=audit:/log-2026';
const read = (changes: Record<string, string> = {}) => readAuditConfig({ ...ENV, ...changes });

describe('the settings of audit', () => {
  it('are of a first log unless they name others', () => {
    expect(read()).toMatchObject({ schema: 'audit', earlier: [], next: undefined, unclosed: undefined });
  });

  it('may be of a log that continues another one, which nothing closed, and will be continued', () => {
    const continued = {
      SERAI_AUDIT_EARLIER: EARLIER,
      SERAI_AUDIT_SCHEMA: 'audit_2027',
      SERAI_AUDIT_NEXT: 'hub.example/audit/2028',
      SERAI_AUDIT_UNCLOSED: 'hub.example/audit/2026',
    };
    expect(read(continued)).toMatchObject({
      schema: 'audit_2027',
      earlier: [{ origin: 'hub.example/audit/2026', schema: 'audit', logFolder: '/log-2026' }],
      next: 'hub.example/audit/2028',
      unclosed: 'hub.example/audit/2026',
    });
  });

  it.each([
    ['continues itself', { SERAI_AUDIT_EARLIER: 'hub.example/audit/2027=audit:/log-2027' }, /SERAI_AUDIT_EARLIER/],
    ['is continued by itself', { SERAI_AUDIT_NEXT: 'hub.example/audit/2027' }, /SERAI_AUDIT_NEXT/],
    [
      'is continued by an earlier one',
      { SERAI_AUDIT_EARLIER: EARLIER, SERAI_AUDIT_NEXT: 'hub.example/audit/2026' },
      /SERAI_AUDIT_NEXT/,
    ],
    [
      'leaves another one unclosed than it continues',
      { SERAI_AUDIT_EARLIER: EARLIER, SERAI_AUDIT_UNCLOSED: 'hub.example/audit/2025' },
      /SERAI_AUDIT_UNCLOSED/,
    ],
    ['leaves one unclosed and continues none', { SERAI_AUDIT_UNCLOSED: 'a/1' }, /SERAI_AUDIT_UNCLOSED/],
    ['keeps its tables with those of the one before', { SERAI_AUDIT_EARLIER: EARLIER }, /SERAI_AUDIT_SCHEMA/],
  ])('are not of a log that %s', (_, changes, named) => {
    expect(() => read(changes)).toThrow(named);
  });
});
