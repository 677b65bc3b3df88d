import { EvidenceWorkshop } from '#libs/testing';
import { type RecordsStatement, signRecords } from '../records/records-export.js';
import { verifyJoint } from './verify-joint.js';

let workshop: EvidenceWorkshop;
let rs: string;
let iq: string;
beforeAll(async () => {
  workshop = await EvidenceWorkshop.open();
  ({
    rs: { urn: rs },
    iq: { urn: iq },
  } = workshop.community);
});

type Side = 'rs' | 'iq';
type Changed = Partial<RecordsStatement>;

const TIME = { from: EvidenceWorkshop.at(0).toISOString(), until: EvidenceWorkshop.at(50).toISOString() };
const sent = (recordId: string, counterpart: string, more = {}) => ({
  ...{ recordId, action: 'SENT', counterpart, sha256: `hash of ${recordId}`, state: 'ACCEPTED' },
  ...more,
});
const received = (recordId: string, counterpart: string, more = {}) => ({
  ...{ recordId, action: 'RECEIVED', counterpart, sha256: `hash of ${recordId}` },
  ...more,
});

/** What both state of two messages, one each way, and of what the other cannot know. */
const recordsOf: Readonly<Record<Side, () => RecordsStatement['records']>> = {
  rs: () => [
    sent('one', iq),
    received('two', iq),
    sent('refused', iq, { state: 'REFUSED' }),
    sent('elsewhere', 'urn:serai:participant:tr'),
    { recordId: 'look', action: 'CONSULTED', counterpart: iq },
  ],
  iq: () => [received('one', rs), sent('two', rs)],
};

async function exportOf(side: Side, changed: Changed = {}, signedBy: Side = side): Promise<Buffer> {
  const { community } = workshop;
  const statement = await signRecords(
    {
      format: 'serai-records/1',
      realm: 'production',
      participant: community[side].urn,
      exportedAt: EvidenceWorkshop.at(60).toISOString(),
      by: 'o-3f9a1c2e',
      reason: 'Invented for a test.',
      review: 'autumn-2026',
      criteria: { ...TIME, counterpart: side === 'rs' ? iq : rs },
      complete: true,
      records: recordsOf[side](),
      ...changed,
    },
    community[signedBy].signer,
  );
  const directory = { changes: community.changes, statement: await community.statement(EvidenceWorkshop.at(90)) };
  return Buffer.from(JSON.stringify({ statement, directory }));
}

async function verdictOf(changed: { readonly rs?: Changed; readonly iq?: Changed } = {}) {
  return verifyJoint([await exportOf('rs', changed.rs), await exportOf('iq', changed.iq)], workshop);
}

async function faultsOf(changed: Parameters<typeof verdictOf>[0]) {
  const { holds, checks, facts } = await verdictOf(changed);
  expect([holds, facts]).toEqual([false, undefined]);
  return checks.filter((check) => !check.holds);
}

describe('what two participants exported for a joint review', () => {
  it('agrees where each received what the other sent, whatever else they state', async () => {
    const { holds, facts } = await verdictOf();
    expect(holds).toBe(true);
    expect(facts).toEqual({ review: 'autumn-2026', ...TIME, participants: [rs, iq], messages: 3 });
    expect((await verifyJoint([await exportOf('iq'), await exportOf('rs')], workshop)).holds).toBe(true);
  });

  it.each([
    ['one that the recipient does not state', { iq: () => [sent('two', rs)] }, 'one'],
    ['one that its sender does not state', { iq: () => [received('one', rs)] }, 'two'],
    ['one that both say to have sent', { iq: () => [sent('one', rs), sent('two', rs)] }, 'one'],
    ['one with other bytes', { iq: () => [received('one', rs, { sha256: 'x' }), sent('two', rs)] }, 'one'],
    ['one that was refused, and received', { iq: () => [...recordsOf.iq(), received('more', rs)] }, 'more'],
  ])('names %s', async (_what, records, named) => {
    const [fault, ...others] = (await faultsOf({ iq: { records: records.iq() } })).filter(({ reason }) =>
      reason?.includes(named),
    );
    expect(fault?.rule).toBe('joint-messages');
    expect(others.every(({ rule }) => rule === 'joint-messages')).toBe(true);
  });

  it.each<[string, Changed]>([
    ['of another review', { review: 'winter-2026' }],
    ['of no review', { review: undefined }],
    ['of another time', { criteria: { ...TIME, until: EvidenceWorkshop.at(40).toISOString() } }],
    ['without an end', { criteria: { from: TIME.from } }],
    ['narrowed by a purpose', { criteria: { ...TIME, purpose: 'INVESTIGATION' } }],
    ['about somebody else', { criteria: { ...TIME, counterpart: 'urn:serai:participant:tr' } }],
    ['made too early', { exportedAt: EvidenceWorkshop.at(49).toISOString() }],
    ['of which there is more', { complete: false }],
  ])('is not compared where one is %s', async (_what, changed) => {
    expect((await faultsOf({ iq: changed })).map(({ rule }) => rule)).toEqual(['joint-scope']);
  });

  it('is not compared where both are of one participant', async () => {
    const one = await exportOf('rs', { criteria: TIME });
    const { checks } = await verifyJoint([one, one], workshop);
    expect(checks.filter(({ holds }) => !holds).map(({ rule }) => rule)).toEqual(['joint-scope']);
  });

  it('is not compared where one is forged, and says which', async () => {
    const { checks, holds } = await verifyJoint([await exportOf('rs'), await exportOf('iq', {}, 'rs')], workshop);
    expect(holds).toBe(false);
    expect(checks.filter((check) => !check.holds)).toMatchObject([
      { rule: 'records-signature', about: 'second export, statement' },
    ]);
    expect(checks.map(({ rule }) => rule)).not.toContain('joint-messages');
  });
});
