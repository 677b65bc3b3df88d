import { EvidenceWorkshop } from '#libs/testing';
import { type RecordsExport, type RecordsStatement, signRecords } from '../records/records-export.js';
import { verifyRecords } from './verify-records.js';

let workshop: EvidenceWorkshop;
beforeEach(async () => {
  workshop = await EvidenceWorkshop.open();
});

const statementOf = (): RecordsStatement => ({
  format: 'serai-records/1',
  realm: 'production',
  participant: workshop.community.rs.urn,
  exportedAt: EvidenceWorkshop.at(60).toISOString(),
  by: 'o-3f9a1c2e',
  reason: 'Invented for a test.',
  criteria: {},
  complete: true,
  records: [{ recordId: 'one' }, { recordId: 'two' }],
});

async function exportOf(
  changed: Partial<RecordsStatement> = {},
  { signer = workshop.community.rs.signer, statedAt = EvidenceWorkshop.at(90) } = {},
): Promise<RecordsExport> {
  const statement = await signRecords({ ...statementOf(), ...changed }, signer);
  const { changes } = workshop.community;
  return { statement, directory: { changes, statement: await workshop.community.statement(statedAt) } };
}

const verify = (file: unknown, { roots } = workshop) => verifyRecords(Buffer.from(JSON.stringify(file)), { roots });
const failed = async (file: unknown, by = workshop) => {
  const { holds, checks, facts } = await verify(file, by);
  expect([holds, facts]).toEqual([false, undefined]);
  return checks.filter((check) => !check.holds).map(({ rule }) => rule);
};

describe('an export of audit records', () => {
  it('is believed as its participant signed it', async () => {
    const { holds, facts } = await verify(await exportOf());
    const { format: _, records, ...told } = statementOf();
    expect(holds).toBe(true);
    expect(facts).toEqual({ ...told, count: records.length, statedAt: EvidenceWorkshop.at(90).toISOString() });
  });

  it('is refused with any record changed, left out or added', async () => {
    const whole = await exportOf();
    const [header, , signature] = whole.statement.split('.');
    const lists = [
      [],
      [{ recordId: 'one' }],
      [{ recordId: 'one' }, { recordId: 'TWO' }],
      [...statementOf().records, {}],
    ];
    for (const records of lists) {
      const payload = Buffer.from(JSON.stringify({ ...statementOf(), records })).toString('base64url');
      expect(await failed({ ...whole, statement: `${header}.${payload}.${signature}` })).toEqual(['records-signature']);
    }
  });

  it('is refused under the key of another participant, or one that nobody registered', async () => {
    const { iq } = workshop.community;
    const stranger = (await EvidenceWorkshop.open()).community.rs;
    expect(await failed(await exportOf({}, { signer: iq.signer }))).toEqual(['records-signature']);
    expect(await failed(await exportOf({}, { signer: stranger.signer }))).toEqual(['key-valid-at-time']);
  });

  it('is refused from before its key was registered', async () => {
    expect(await failed(await exportOf({ exportedAt: '2020-01-01T00:00:00.000Z' }))).toEqual(['key-valid-at-time']);
  });

  it('is refused under a key that counts as compromised, from whenever: only the signer says when it signed', async () => {
    const { kid } = workshop.community.rs.signer;
    const status = {
      kind: 'key-status-changed',
      kid,
      status: 'COMPROMISED',
      effectiveFrom: '2026-11-22T04:00:00.000Z',
    };
    await workshop.community.add(status);
    const statedAt = EvidenceWorkshop.at(4_000);
    expect(await failed(await exportOf({}, { statedAt }))).toEqual(['records-signature']);
  });

  it('is refused with an older directory, or that of other root keys', async () => {
    const before = new Date(EvidenceWorkshop.at(60).getTime() - 3_600_000);
    expect(await failed(await exportOf({}, { statedAt: before }))).toEqual(['directory-statement']);
    expect(await failed(await exportOf(), await EvidenceWorkshop.open())).toEqual(['directory-chain']);
  });

  it('is refused in any other form', async () => {
    const whole = await exportOf();
    const envelope = { ...whole, statement: whole.directory.statement };
    for (const file of [
      {},
      [],
      { ...whole, more: 1 },
      { ...whole, statement: 'x' },
      envelope,
      { ...whole, directory: {} },
    ])
      expect(await failed(file)).toEqual(['records-form']);
    expect(await failed(await exportOf({ more: 1 } as never))).toEqual(['records-form']);
  });
});
