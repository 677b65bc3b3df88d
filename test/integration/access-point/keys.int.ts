import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type {
  DirectoryChange,
  DirectoryProposal,
  KeyView,
  SignedDirectoryChange,
  SubmittedRequest,
} from '#libs/contracts';
import { writeKeystore } from '#libs/envelope';
import { eventually, failOnLeaks } from '#libs/testing';
import { KeyRing } from '../../../apps/access-point/src/keys/key-ring.js';
import type { OfficerClient } from './support/access-point.js';
import { deskOf, urnOf } from './support/community.js';
import { requestTo } from './support/request-body.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(60_000);

const PROPOSALS = '/v1/directory/proposals';
let world: World<'rs'>;
let folder: string;
let keystoreFile: { path: string; passphrase: string };
let petar: OfficerClient;
let jelena: OfficerClient;
let liaison: OfficerClient;

beforeAll(async () => {
  world = await buildWorld(['rs']);
  const { rs } = world.accessPoints;
  folder = await mkdtemp(path.join(os.tmpdir(), 'serai-keys-'));
  keystoreFile = { path: path.join(folder, 'rs.keystore'), passphrase: 'passphrase of a test' };
  await writeKeystore(keystoreFile.path, keystoreFile.passphrase, world.community.keystoreDocument(urnOf('rs')));
  await rs.stop();
  await rs.start({ keystoreFile });
  await rs.whenReady();
  petar = rs.officer('SECURITY_OFFICER');
  jelena = rs.officer('NCC_SUPERVISOR');
  liaison = rs.officer('LIAISON_OFFICER', deskOf('rs', 'liaison'));
});
afterAll(async () => {
  await world?.end();
  await rm(folder, { recursive: true, force: true });
});
failOnLeaks();

const keys = async (): Promise<KeyView[]> => (await petar.get<{ entries: KeyView[] }>('/v1/keys')).body.entries;
const keyOf = async (kid: string) => (await keys()).find((key) => key.kid === kid);
const signedBy = (changes: readonly DirectoryChange[], chairs: number): Promise<SignedDirectoryChange[]> =>
  Promise.all(changes.map((change) => world.community.signedByChairs(change, chairs)));
const stateOf = async (changeId: string) => {
  const { body } = await jelena.get<{ entries: DirectoryProposal[] }>(PROPOSALS);
  return body.entries.find((proposal) => proposal.changeId === changeId);
};

async function rotate(use: 'sig' | 'enc', more: object = {}): Promise<DirectoryChange[]> {
  const { status, body } = await petar.post<{ changes: DirectoryChange[] }>('/v1/keys', { use, ...more });
  expect(status).toBe(201);
  return body.changes;
}

/** Has changes signed, handed in by the supervisor, and made part of the directory. */
async function handIn(changes: readonly DirectoryChange[]): Promise<void> {
  const { status, body } = await jelena.post(PROPOSALS, { changes: await signedBy(changes, 2) });
  expect([status, body.code]).toEqual([202, undefined]);
  for (const { id } of changes) {
    await eventually(async () => expect(await stateOf(id)).toMatchObject({ state: 'ACCEPTED' }), { timeoutMs: 20_000 });
  }
}

/** Key id with which a new request is signed. */
async function signsWith(): Promise<string> {
  const { body } = await liaison.post<SubmittedRequest>('/v1/requests', requestTo(['iq']));
  const { envelopeId } = body.legs[0]!;
  const [row] = await world.accessPoints.rs.query<{ jws: string; state: string }>(
    'select jws from outgoing_envelope where envelope_id = $1',
    [envelopeId],
  );
  await eventually(async () => {
    expect((await liaison.get(`/v1/envelopes/${envelopeId}`)).body).toMatchObject({ state: 'ACCEPTED' });
  });
  return JSON.parse(Buffer.from(row!.jws.split('.')[0]!, 'base64url').toString()).kid;
}

const turn = () => world.accessPoints.rs.instance.get(KeyRing).turn();

describe('a key that is rotated', () => {
  it('signs from its moment on, beside the one before it, also after a restart', async () => {
    const [first] = (await keys()).filter(({ signing }) => signing);
    const changes = await rotate('sig', { overlapHours: 24 });
    expect(changes.map(({ kind }) => kind)).toEqual(['key-registered', 'key-status-changed']);
    const fresh = (await keys()).find(({ state }) => state === 'UNREGISTERED')!;
    expect(fresh).toMatchObject({ use: 'sig', held: true, signing: false });
    await turn();
    expect(await signsWith()).toBe(first!.kid);
    await handIn(changes);
    await turn();
    expect(await signsWith()).toBe(fresh.kid);
    expect(await keyOf(fresh.kid)).toMatchObject({ state: 'ACTIVE', signing: true });
    expect(await keyOf(first!.kid)).toMatchObject({ state: 'ACTIVE', endedFrom: changes[1]!.effectiveFrom });
    await world.accessPoints.rs.stop();
    await world.accessPoints.rs.start({ keystoreFile });
    await world.accessPoints.rs.whenReady();
    expect(await signsWith()).toBe(fresh.kid);
  });

  it('is proposed to be encrypted to, while what was encrypted to the one before can still be read', async () => {
    const before = world.community.directory.encryptionKeysOf(urnOf('rs'), new Date());
    await handIn(await rotate('enc'));
    const now = world.community.directory.encryptionKeysOf(urnOf('rs'), new Date());
    expect(now).toHaveLength(before.length + 1);
    for (const { kid } of now) expect(await keyOf(kid)).toMatchObject({ held: true, state: 'ACTIVE' });
  });

  it('does not sign before its moment', async () => {
    const signing = (await keys()).find((key) => key.signing)!.kid;
    await handIn(await rotate('sig', { from: new Date(Date.now() + 86_400_000).toISOString() }));
    await turn();
    expect((await keys()).filter(({ state }) => state === 'REGISTERED')).toHaveLength(1);
    expect(await signsWith()).toBe(signing);
  });

  it('is one key, however often the call is repeated', async () => {
    const count = (await keys()).length;
    const once = await petar.post('/v1/keys', { use: 'sig' }, { key: 'the-same-key-1' });
    const again = await petar.post('/v1/keys', { use: 'sig' }, { key: 'the-same-key-1' });
    expect(again.body).toEqual(once.body);
    expect(await keys()).toHaveLength(count + 1);
  });
});

describe('a key that is revoked', () => {
  it('signs nothing more as soon as that is known', async () => {
    const stolen = (await keys()).find((key) => key.signing)!.kid;
    await handIn(await rotate('sig'));
    const from = new Date(Date.now() - 3_600_000).toISOString();
    const { body } = await jelena.post<{ changes: DirectoryChange[] }>(`/v1/keys/${stolen}/end`, {
      status: 'COMPROMISED',
      from,
    });
    const { status } = await petar.post(PROPOSALS, { changes: await signedBy(body.changes, 2) });
    expect(status).toBe(202);
    await eventually(async () => expect(await keyOf(stolen)).toMatchObject({ state: 'COMPROMISED', endedFrom: from }));
    await turn();
    expect(await signsWith()).not.toBe(stolen);
  });

  it('is one of the own participant', async () => {
    const [foreign] = world.community.directory.signingKeysOf(urnOf('iq'), new Date());
    const { status, body } = await petar.post(`/v1/keys/${foreign!.kid}/end`, { status: 'COMPROMISED' });
    expect([status, body.code]).toEqual([404, 'ERR_REQUEST_NOT_FOUND']);
  });
});

describe('changes that are handed in', () => {
  it('are not handed in by who proposed them', async () => {
    const changes = await signedBy(await rotate('sig'), 2);
    const { status, body } = await petar.post(PROPOSALS, { changes });
    expect([status, body.code]).toEqual([403, 'ERR_OFFICER_NEEDS_SECOND_PERSON']);
    const asBoth = world.accessPoints.rs.officer(
      ['SECURITY_OFFICER', 'NCC_SUPERVISOR'],
      deskOf('rs'),
      petar.subject.slice(3),
    );
    expect((await asBoth.post(PROPOSALS, { changes })).body.code).toBe('ERR_OFFICER_NEEDS_SECOND_PERSON');
  });

  it('need two chairs, and are refused at once without them', async () => {
    const changes = await rotate('sig');
    const taken = world.hub.taken.length;
    const { status, body } = await jelena.post(PROPOSALS, { changes: await signedBy(changes, 1) });
    expect([status, body.code]).toEqual([403, 'ERR_TRUST_THRESHOLD']);
    expect(await stateOf(changes[0]!.id)).toMatchObject({ state: 'PROPOSED' });
    expect(world.hub.taken).toHaveLength(taken);
  });

  it('were proposed here, unless the Secretariat carries them', async () => {
    const [rotation] = await rotate('sig');
    const elsewhere = { ...rotation!, id: '01933f6e-0000-7000-8000-00000000abcd' } as DirectoryChange;
    const changes = await signedBy([elsewhere], 2);
    expect((await jelena.post(PROPOSALS, { changes })).body.code).toBe('ERR_OFFICER_FORBIDDEN');
    const secretary = world.accessPoints.rs.officer('SECRETARIAT');
    expect((await secretary.post(PROPOSALS, { changes })).status).toBe(202);
    await eventually(async () => expect(await stateOf(elsewhere.id)).toMatchObject({ state: 'ACCEPTED' }));
  });

  it('show the word of the hub, where it knows better', async () => {
    const [registration] = await rotate('sig');
    const [signed] = await signedBy([registration!], 2);
    world.hub.down = true;
    expect((await jelena.post(PROPOSALS, { changes: [signed] })).status).toBe(202);
    // Somebody else hands it in first.
    world.community.directory = await world.community.directory.apply(signed!);
    world.hub.down = false;
    await eventually(
      async () => {
        expect(await stateOf(registration!.id)).toMatchObject({
          state: 'REFUSED',
          problem: { code: 'ERR_DIRECTORY_CONFLICT' },
        });
      },
      { timeoutMs: 20_000 },
    );
  });

  it.each(['LIAISON_OFFICER', 'NCC_DUTY_OFFICER', 'CHAIR', 'HUB_OPERATOR'] as const)(
    'are nothing for the role %s',
    async (role) => {
      const officer = world.accessPoints.rs.officer(role);
      expect((await officer.post('/v1/keys', { use: 'sig' })).body.code).toBe('ERR_OFFICER_FORBIDDEN');
      expect((await officer.get(PROPOSALS)).body.code).toBe('ERR_OFFICER_FORBIDDEN');
    },
  );

  it('leave the end of a key alone that an earlier rotation has set', async () => {
    const endsOf = (changes: readonly DirectoryChange[]): string[] =>
      changes.flatMap((change) => (change.kind === 'key-status-changed' ? [change.kid] : []));
    const first = await rotate('enc');
    await handIn(first);
    expect(endsOf(first)).toHaveLength(1);
    const second = endsOf(await rotate('enc'));
    expect(second).toHaveLength(1);
    expect(second).not.toEqual(endsOf(first));
  });
});
