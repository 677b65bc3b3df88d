import { earlierLogs, logSchema } from './earlier-log.js';

describe('SERAI_AUDIT_EARLIER', () => {
  it('names logs with their schemas and folders, the newest first', () => {
    expect(earlierLogs.parse(undefined)).toEqual([]);
    expect(
      earlierLogs.parse('hub.example/audit/2027=audit_2027:/var/log-2027, hub.example/audit/2026=audit:C:/logs'),
    ).toEqual([
      { origin: 'hub.example/audit/2027', schema: 'audit_2027', logFolder: '/var/log-2027' },
      { origin: 'hub.example/audit/2026', schema: 'audit', logFolder: 'C:/logs' },
    ]);
  });

  it.each([
    ['nothing', ''],
    ['no schema', 'hub.example/audit/2026=/var/log'],
    ['no folder', 'hub.example/audit/2026=audit:'],
    ['a schema that would have to be quoted', 'hub.example/audit/2026=audit-2026:/var/log'],
    ['a name that no log has', 'hub example=audit:/var/log'],
    ['one log twice', 'a/1=audit:/x,a/1=audit_2:/y'],
    ['one schema twice', 'a/1=audit:/x,a/2=audit:/y'],
    ['an end without a log', 'a/1=audit:/x,'],
  ])('refuses %s', (_, value) => {
    expect(earlierLogs.safeParse(value).success).toBe(false);
  });
});

describe('SERAI_AUDIT_SCHEMA', () => {
  it('is the name of a schema, that of the first log unless given', () => {
    expect(logSchema.parse(undefined)).toBe('audit');
    expect(logSchema.parse('audit_2027')).toBe('audit_2027');
    for (const name of ['', 'Audit', 'audit 2027', '2027', 'a"; drop schema audit'])
      expect([name, logSchema.safeParse(name).success]).toEqual([name, false]);
  });
});
