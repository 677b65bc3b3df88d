import { v7 } from 'uuid';
import {
  DIRECTORY_SUBJECT,
  type DirectorySnapshot,
  directorySnapshotPublished,
  type Realm,
  type SignedDirectoryChange,
} from '#libs/contracts';
import { type Signer, signEnvelope } from '#libs/envelope';
import { admission, applyAll, Community, DIRECTORY_SERVICE, IQ, RS, TR } from './community.fixture.js';
import { type Directory, DirectoryReplica } from './index.js';

const now = new Date('2026-02-01T00:00:00.000Z');

let community: Community;
let founding: Directory;
let replica: DirectoryReplica;

beforeAll(async () => {
  community = await Community.found();
  founding = await community.directory();
});

beforeEach(() => {
  replica = new DirectoryReplica({ realm: 'production', roots: community.roots, audience: RS });
});

interface Statement {
  readonly version?: number;
  readonly head?: string;
  readonly audience?: '*' | string[];
  readonly source?: string;
  readonly signer?: Signer;
  readonly realm?: Realm;
}

async function statementOf(directory: Directory, altered: Statement = {}): Promise<string> {
  const { version = directory.version, head = directory.head, audience = '*' } = altered;
  const signed = await signEnvelope(
    {
      specversion: '1.0',
      id: v7(),
      source: altered.source ?? DIRECTORY_SERVICE,
      type: directorySnapshotPublished.type,
      subject: DIRECTORY_SUBJECT,
      time: now.toISOString(),
      datacontenttype: 'application/json',
      realm: altered.realm ?? 'production',
      data: { header: { version, head, audience } },
    },
    altered.signer ?? community.service.signer,
  );
  return signed.jws;
}

async function snapshotOf(directory: Directory, altered: Statement = {}): Promise<DirectorySnapshot> {
  const statement = await statementOf(directory, altered);
  const { realm, version, head } = directory;
  return { realm, version, head, changes: directory.changes(), statement };
}

const withAdmission = async (directory: Directory, participant: string) =>
  directory.apply(await community.byRoot(admission(participant)));

describe('loading a snapshot', () => {
  it('gives the same directory as the fold of its changes', async () => {
    await replica.load(await snapshotOf(founding), now);
    expect(replica.current.head).toBe(founding.head);
    expect(replica.current.version).toBe(founding.version);
    expect(replica.current.participants(now)).toEqual(founding.participants(now));
    await replica.load(await snapshotOf(founding), now);
    expect(replica.current.head).toBe(founding.head);
  });

  it('goes on to a later one', async () => {
    await replica.load(await snapshotOf(founding), now);
    await replica.load(await snapshotOf(await withAdmission(founding, TR)), now);
    expect(replica.current.participantAt(TR, now)?.id).toBe(TR);
  });

  it('takes a statement that is addressed to it, and none to others', async () => {
    await replica.load(await snapshotOf(founding, { audience: [IQ, RS] }), now);
    const other = new DirectoryReplica({ realm: 'production', roots: community.roots, audience: TR });
    const addressed = await snapshotOf(founding, { audience: [IQ, RS] });
    await expect(other.load(addressed, now)).rejects.toMatchObject({ code: 'ERR_TRUST_SNAPSHOT' });
    expect(other.current.version).toBe(0);
  });

  it('refuses to go back, or over to a fork', async () => {
    const longer = await withAdmission(founding, TR);
    const fork = await withAdmission(founding, 'urn:serai:participant:bg');
    const longerFork = await withAdmission(fork, TR);
    await replica.load(await snapshotOf(longer), now);
    for (const other of [founding, fork, longerFork]) {
      await expect(replica.load(await snapshotOf(other), now)).rejects.toMatchObject({ code: 'ERR_TRUST_ROLLBACK' });
    }
    expect(replica.current.head).toBe(longer.head);
  });

  const forgeries: [string, () => Promise<unknown>][] = [
    ['no snapshot', async () => ({ version: 1 })],
    ['another realm', async () => ({ ...(await snapshotOf(founding)), realm: 'training' })],
    ['another version', async () => ({ ...(await snapshotOf(founding)), version: founding.version + 1 })],
    ['another head', async () => ({ ...(await snapshotOf(founding)), head: founding.headAt(1) })],
    [
      'a missing change',
      async () => {
        const { changes, ...rest } = await snapshotOf(founding);
        return { ...rest, version: rest.version - 1, changes: changes.slice(1) };
      },
    ],
    [
      'changes in another order',
      async () => {
        const { changes, ...rest } = await snapshotOf(founding);
        return { ...rest, changes: [changes[1], changes[0], ...changes.slice(2)] };
      },
    ],
    [
      'a change that one chair signed',
      async () => {
        const snapshot = await snapshotOf(await withAdmission(founding, TR));
        const last = snapshot.changes.at(-1)!;
        return {
          ...snapshot,
          changes: [...snapshot.changes.slice(0, -1), { ...last, signatures: last.signatures.slice(1) }],
        };
      },
    ],
    ['a statement about another version', () => snapshotOf(founding, { version: founding.version - 1 })],
    ['a statement about another head', () => snapshotOf(founding, { head: founding.headAt(1) })],
    ['a statement of a participant', () => snapshotOf(founding, { source: RS, signer: community.rs.signer })],
    ['a statement in the name of the service', () => snapshotOf(founding, { signer: community.rs.signer })],
    ['a statement of another realm', () => snapshotOf(founding, { realm: 'training' })],
    ['a statement that is no envelope', async () => ({ ...(await snapshotOf(founding)), statement: 'a.b.c' })],
    [
      'a founding by other chairs',
      async () => {
        const stranger = await Community.found();
        const usurped = await stranger.directory();
        return snapshotOf(usurped, { signer: stranger.service.signer });
      },
    ],
  ];

  it.each(forgeries)('refuses %s', async (_name, forge) => {
    await expect(replica.load(await forge(), now)).rejects.toMatchObject({ code: 'ERR_TRUST_SNAPSHOT' });
    expect(replica.current.version).toBe(0);
  });

  it('refuses a statement whose key was not active at the time', async () => {
    const snapshot = await snapshotOf(founding);
    await expect(replica.load(snapshot, new Date('2025-01-01T00:00:00.000Z'))).rejects.toMatchObject({
      code: 'ERR_TRUST_SNAPSHOT',
    });
  });

  it('refuses any changed character of a change', async () => {
    const snapshot = await snapshotOf(founding);
    for (const [index, { payload }] of snapshot.changes.entries()) {
      const at = (index * 37) % payload.length;
      const altered = payload.slice(0, at) + (payload[at] === 'Q' ? 'R' : 'Q') + payload.slice(at + 1);
      const changes = snapshot.changes.map(
        (signed, i): SignedDirectoryChange => (i === index ? { ...signed, payload: altered } : signed),
      );
      await expect(replica.load({ ...snapshot, changes }, now)).rejects.toMatchObject({ code: 'ERR_TRUST_SNAPSHOT' });
    }
  });
});

describe('following accepted changes', () => {
  const follow = async (directory: Directory) => {
    for (const [index, signed] of directory.changes().entries()) {
      await replica.applyAccepted(signed, index + 1, directory.headAt(index + 1)!);
    }
  };

  it('gives the same head as the snapshot, and takes repeats', async () => {
    await follow(founding);
    await follow(founding);
    expect(replica.current.head).toBe(founding.head);
    await replica.load(await snapshotOf(founding), now);
  });

  it('keeps the order of calls that do not wait for each other', async () => {
    const calls = founding
      .changes()
      .map((signed, index) => replica.applyAccepted(signed, index + 1, founding.headAt(index + 1)!));
    await Promise.all(calls);
    expect(replica.current.head).toBe(founding.head);
  });

  it('refuses a gap, another head, a repeat with another head and a change that does not verify', async () => {
    await follow(founding);
    const next = await withAdmission(founding, TR);
    const signed = next.changes().at(-1)!;
    const forged = { ...signed, signatures: signed.signatures.slice(1) };
    const { version, head } = next;
    for (const call of [
      () => replica.applyAccepted(signed, version + 1, head),
      () => replica.applyAccepted(signed, version, founding.head),
      () => replica.applyAccepted(founding.changes()[0]!, 1, head),
      () => replica.applyAccepted(forged, version, head),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'ERR_TRUST_SNAPSHOT' });
    }
    expect(replica.current.head).toBe(founding.head);
    await replica.applyAccepted(signed, version, head);
    expect(replica.current.head).toBe(head);
  });
});

it('folds ten thousand changes', async () => {
  const changes: SignedDirectoryChange[] = [];
  for (let index = 0; index < 10_000; index += 1) {
    changes.push(await community.byRoot(admission(`urn:serai:participant:m${index}`)));
  }
  const { version } = await applyAll(community.empty, changes);
  expect(version).toBe(10_000);
}, 120_000);
