import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import { ACCESS_SUBJECT, legRead, type MessageContract } from '#libs/contracts';
import { EvidenceWorkshop, type Forgery } from '#libs/testing';
import { Frontier, leafHash } from '#libs/transparency-log';
import { type AccessProof, accessCommitment, type CommittedEntry } from '../access/access-proof.js';
import { serialiseLeafOpening } from '../record/leaf-opening.js';
import { verifyAccess } from './verify-access.js';

let workshop: EvidenceWorkshop;
beforeEach(async () => {
  workshop = await EvidenceWorkshop.open();
});

const entry: CommittedEntry = {
  entryId: v7(),
  at: EvidenceWorkshop.at(1).toISOString(),
  action: 'CONSULTED',
  subjectHash: randomBytes(32).toString('base64url'),
  officer: 'o-3f9a1c2e',
  desk: 'urn:serai:desk:rs:ncc',
  purpose: 'INVESTIGATION',
  legId: v7(),
  envelopeId: v7(),
  attachmentId: null,
  operation: 'readContent',
  code: null,
  reason: null,
  criteria: { b: 1, a: [{ d: 2, c: null }] },
};
const salt = randomBytes(32);
const sibling = leafHash(randomBytes(32));

function headerOf(): { count: number; root: string } {
  const tree = new Frontier();
  tree.append(leafHash(accessCommitment(entry, salt)));
  tree.append(sibling);
  return { count: 2, root: tree.root().toString('base64url') };
}

async function proofOf({
  header = headerOf(),
  ...how
}: {
  header?: object;
  contract?: MessageContract;
  forgery?: Forgery;
} = {}): Promise<AccessProof> {
  const { envelope, receipt, opening, proof } = await workshop.accessRecord(header as Record<string, unknown>, how);
  return {
    format: 'serai-access/1',
    realm: 'production',
    entry,
    salt: salt.toString('base64url'),
    place: 0,
    path: [sibling.toString('base64url')],
    record: { envelope, receipt, opening: serialiseLeafOpening(opening), proof: proof.toString() },
    directory: {
      changes: workshop.community.changes,
      statement: await workshop.community.statement(EvidenceWorkshop.at(90)),
    },
  };
}

const verify = (file: unknown, { roots } = workshop) => verifyAccess(Buffer.from(JSON.stringify(file)), { roots });
const failed = async (file: unknown, by = workshop): Promise<string[]> => {
  const { holds, checks, facts } = await verify(file, by);
  expect([holds, facts]).toEqual([false, undefined]);
  return [...new Set(checks.filter((check) => !check.holds).map(({ rule }) => rule))];
};
/** One bit of the first character that stands for bytes is turned. */
const turned = (text: string): string => `${text[0] === 'A' ? 'B' : 'A'}${text.slice(1)}`;

describe('the proof of an entry of an access log', () => {
  it('holds as it was made, and says whose it is, what it says and when it was there', async () => {
    const { holds, facts } = await verify(await proofOf());
    expect(holds).toBe(true);
    expect(facts).toMatchObject({
      participant: workshop.community.rs.urn,
      entry,
      statedAt: EvidenceWorkshop.at(90).toISOString(),
      witnessedAt: EvidenceWorkshop.at(60).toISOString(),
    });
  });

  it('holds in whichever order the members of the entry come', async () => {
    const file = await proofOf();
    const reversed = Object.fromEntries(Object.entries(file.entry).reverse());
    const criteria = { a: [{ c: null, d: 2 }], b: 1 };
    expect((await verify({ ...file, entry: { ...reversed, criteria } })).holds).toBe(true);
  });

  it('is refused with any column of the entry changed', async () => {
    const file = await proofOf();
    const changes = Object.entries(entry).map(([name, value]) => {
      if (name === 'criteria') return { criteria: { ...entry.criteria, b: 2 } };
      if (name === 'at') return { at: EvidenceWorkshop.at(2).toISOString() };
      if (name === 'entryId') return { entryId: v7() };
      return { [name]: value === null ? 'something' : turned(String(value)) };
    });
    expect(changes).toHaveLength(14);
    for (const change of changes) {
      expect(await failed({ ...file, entry: { ...entry, ...change } })).toEqual(['access-commitment']);
    }
  });

  it('is refused with another salt, place or path', async () => {
    const file = await proofOf();
    const [hash] = file.path as [string];
    const changes = [{ salt: turned(file.salt) }, { place: 1 }, { place: 2 }, { path: [] }, { path: [turned(hash)] }];
    for (const change of [...changes, { path: [hash, hash] }]) {
      expect(await failed({ ...file, ...change })).toEqual(['access-commitment']);
    }
  });

  it('is refused where the record says another number or root', async () => {
    const other = randomBytes(32).toString('base64url');
    for (const header of [
      { ...headerOf(), count: 3 },
      { ...headerOf(), root: other },
    ]) {
      expect(await failed(await proofOf({ header }))).toEqual(['access-commitment']);
    }
  });

  it('is refused with any part of the record changed or exchanged', async () => {
    const [file, another] = [await proofOf(), await proofOf()];
    const bytes = (jws: string) => jws.replace(/\.(.)/, (_, first: string) => `.${turned(first)}`);
    const withPart = (part: object) => ({ ...file, record: { ...file.record, ...part } });
    expect(await failed(withPart({ envelope: bytes(file.record.envelope) }))).toEqual(['leaf-opening']);
    expect(await failed(withPart({ envelope: another.record.envelope }))).toEqual(['leaf-opening']);
    expect(await failed(withPart({ receipt: another.record.receipt }))).toEqual(['receipt-signature']);
    expect(await failed(withPart({ receipt: '' }))).toEqual(['receipt-signature']);
    expect(await failed(withPart({ opening: another.record.opening }))).toEqual(['leaf-opening']);
    expect(await failed(withPart({ proof: another.record.proof }))).toEqual(['inclusion']);
    expect(await failed(withPart({ proof: '' }))).toEqual(['inclusion']);
  });

  it('is refused where somebody else signed the record', async () => {
    const { iq } = workshop.community;
    expect(await failed(await proofOf({ forgery: { signedBy: () => iq } }))).toEqual(['envelope-signature']);
  });

  it('is refused where the record is about something else, or is another message', async () => {
    const forgery = { changed: (event: object) => ({ ...event, subject: v7() }) as never };
    expect(await failed(await proofOf({ forgery }))).toContain('envelope-of-leg');
    const { rs, iq } = workshop.community;
    const [sender, recipient] = [rs, iq].map(({ urn }) => ({
      participant: urn,
      desk: `urn:serai:desk:${urn.slice(-2)}:ncc`,
    }));
    const header = { requestId: v7(), legId: ACCESS_SUBJECT, sender, recipient };
    const reader = { ...header, sender: { ...sender, officer: 'o-aa11bb22' } };
    expect(await failed(await proofOf({ contract: legRead, header: reader }))).toEqual(['access-commitment']);
  });

  it('is refused with an older directory, or that of other root keys', async () => {
    const file = await proofOf();
    const before = new Date(EvidenceWorkshop.at(1).getTime() - 3_600_000);
    const old = { ...file.directory, statement: await workshop.community.statement(before) };
    expect(await failed({ ...file, directory: old })).toEqual(['directory-statement']);
    expect(await failed(file, await EvidenceWorkshop.open())).toEqual(['directory-chain']);
  });

  it('is refused in any other form', async () => {
    const file = await proofOf();
    const { criteria: _, ...incomplete } = entry;
    for (const other of [{}, [], { ...file, more: 1 }, { ...file, place: -1 }, { ...file, entry: incomplete }]) {
      expect(await failed(other)).toEqual(['access-form']);
    }
  });
});
