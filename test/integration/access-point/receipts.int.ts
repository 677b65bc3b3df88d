import type { CloudEvent, MessageReceipt, SubmittedRequest } from '#libs/contracts';
import { hashOf } from '#libs/envelope';
import { leafEntry, parseLeafOpening, verifyPack } from '#libs/evidence';
import { eventually, failOnLeaks } from '#libs/testing';
import { leafHash, parseTlogProof, verifyTlogProof } from '#libs/transparency-log';
import { ProofCollector } from '../../../apps/access-point/src/receipt/proof-collector.js';
import type { AccessPoint, OfficerClient } from './support/access-point.js';
import { deskOf, urnOf } from './support/community.js';
import { ForeignSender } from './support/foreign-sender.js';
import { type Logged, LogScene, recordOf } from './support/log-scene.js';
import { requestTo } from './support/request-body.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(60_000);

let world: World<'rs'>;
let rs: AccessPoint;
let supervisor: OfficerClient;
let scene: LogScene;

beforeAll(async () => {
  world = await buildWorld(['rs']);
  rs = world.accessPoints.rs;
  supervisor = rs.officer('NCC_SUPERVISOR');
  scene = new LogScene(world, rs);
});
afterAll(() => world?.end());
failOnLeaks();
beforeEach(() => scene.answerOpenings());

interface Sent {
  readonly legId: string;
  readonly envelopeId: string;
}

async function send(): Promise<Sent> {
  const { body } = await supervisor.post<SubmittedRequest>('/v1/requests', requestTo(['iq']));
  return body.legs[0]!;
}

const receiptOf = async ({ legId, envelopeId }: Sent, query = '', by = supervisor) =>
  by.get<MessageReceipt>(`/v1/legs/${legId}/messages/${envelopeId}/receipt${query}`);
const levelOf = async (sent: Sent) => (await receiptOf(sent)).body.level;
const reaches = (sent: Sent, level: string) => eventually(async () => expect(await levelOf(sent)).toBe(level));
const collect = () => rs.instance.get(ProofCollector).collect(new AbortController().signal);
const unproven = async () =>
  (await rs.query<{ id: string }>('select envelope_id as id from unproven_envelope')).map(({ id }) => id);

/** What the gateway took of it. */
async function takenOf({ envelopeId }: Sent): Promise<Logged> {
  return eventually(() => {
    const taken = world.hub.taken.find(({ event }) => event.id === envelopeId);
    expect(taken).toBeDefined();
    return taken!;
  });
}

/** The hub's event that decided on it. */
function decisionOn({ envelopeId }: Sent): Logged {
  const events = world.hub.services.feedOf(urnOf('rs')).map(({ event: jws }) => ({ jws, event: eventOf(jws) }));
  return events.find(({ event }) => JSON.stringify(event.data.header).includes(envelopeId))!;
}

function eventOf(jws: string): CloudEvent {
  return JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString('utf8')) as CloudEvent;
}

/** The own witness is shown the log as it is, and nothing is published. */
async function cosignHere(): Promise<void> {
  const [head] = await rs.query<{ size: string }>('select size from witness_head where note is not null');
  const body = await scene.log.request(Number(head?.size ?? 0));
  const answer = await fetch(`${await rs.url()}/witness/add-checkpoint`, { method: 'POST', body });
  expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
}

async function sentAndDecided(): Promise<Sent> {
  const sent = await send();
  await reaches(sent, 'ACCEPTED');
  await eventually(async () => {
    const rows = await rs.query('select 1 from outgoing_envelope where envelope_id = $1 and event_jws is not null', [
      sent.envelopeId,
    ]);
    expect(rows).toHaveLength(1);
  });
  return sent;
}

describe('a receipt', () => {
  it('rises with what stands behind it, and proves it', async () => {
    world.hub.down = true;
    const sent = await send();
    expect((await receiptOf(sent)).body).toEqual({ envelopeId: sent.envelopeId, sha256: expect.any(String) });
    world.hub.down = false;
    await reaches(sent, 'ACCEPTED');
    const taken = await takenOf(sent);
    await eventually(async () => {
      const known = { sha256: hashOf(taken.jws), receipt: expect.any(String) as string };
      expect((await receiptOf(sent)).body).toMatchObject(known);
    });

    scene.sequence(taken);
    await reaches(sent, 'SEQUENCED');
    expect((await receiptOf(sent)).body.opening).toEqual(scene.leaves.get(sent.envelopeId));

    world.hub.log = { checkpoint: undefined, tile: (path) => scene.log.tile(path) };
    await cosignHere();
    await reaches(sent, 'LOGGED');
    const logged = parseTlogProof(Buffer.from((await receiptOf(sent)).body.proof!));
    expect(logged.checkpoint.signatures.map(({ name }) => name)).toEqual([world.community.log.signer.key.name]);

    await scene.publish();
    expect(await levelOf(sent)).toBe('WITNESSED');
    const { opening, proof } = (await receiptOf(sent)).body;
    const { record, salt } = parseLeafOpening(Buffer.from(JSON.stringify(opening)));
    const policy = world.community.directory.logPolicyAt(new Date())!.policy;
    const verify = (entry: Uint8Array) =>
      verifyTlogProof(parseTlogProof(Buffer.from(proof!)), { leafHash: leafHash(entry), policy });
    expect(verify(leafEntry(record, salt))).toBeDefined();
    expect(() => verify(leafEntry({ ...record, offset: '999' }, salt))).toThrow(
      expect.objectContaining({ code: 'ERR_LOG_PROOF' }),
    );
  });

  it('is waited for: the answer comes with the level, or with what was reached when the time is over', async () => {
    const sent = await send();
    const waited = receiptOf(sent, '?level=WITNESSED&wait=30');
    scene.sequence(await takenOf(sent));
    await scene.publish();
    expect((await waited).body.level).toBe('WITNESSED');

    const other = await send();
    expect((await receiptOf(other, '?level=ACCEPTED&wait=30')).body.level).toBe('ACCEPTED');
    expect((await receiptOf(other, '?level=SEQUENCED&wait=1')).body.level).toBe('ACCEPTED');
  });

  it('is not waited for in vain: the gateway does not take the message', async () => {
    const { services } = world.hub;
    world.hub.answer = ({ event, jws }) => services.refusal(event.source, hashOf(jws), 'ERR_ENVELOPE_CONFLICT');
    const sent = await send();
    const { body } = await receiptOf(sent, '?wait=30');
    world.hub.answer = undefined;
    expect(body).toMatchObject({ problem: { code: 'ERR_ENVELOPE_CONFLICT' } });
    expect(body).not.toHaveProperty('level');
    await eventually(async () => {
      await collect();
      expect(await unproven()).not.toContain(sent.envelopeId);
    });
  });

  it.each<[string, (taken: Logged) => void]>([
    ['another envelope', (taken) => scene.sequence(taken, { ...recordOf(taken, '9'), messageHash: hashOf('other') })],
    [
      'another id',
      (taken) => scene.sequence(taken, { ...recordOf(taken, '9'), id: '01933f6e-0000-7000-8000-00000000dead' }),
    ],
  ])('stays at ACCEPTED when the hub names the leaf of %s', async (_, lie) => {
    const sent = await send();
    await reaches(sent, 'ACCEPTED');
    lie(await takenOf(sent));
    await scene.publish();
    expect(await levelOf(sent)).toBe('ACCEPTED');
  });

  it('goes no further than SEQUENCED on the word of the hub alone', async () => {
    const sent = await send();
    await reaches(sent, 'ACCEPTED');
    const taken = await takenOf(sent);
    scene.leaves.set(sent.envelopeId, {
      ...scene.leaves.values().next().value!,
      record: recordOf(taken, '9'),
      index: 1,
    });
    await scene.publish();
    await cosignHere();
    expect(await levelOf(sent)).toBe('SEQUENCED');
  });

  it('says what is known here while the hub is away', async () => {
    const [proven, taken] = [await send(), await send()];
    scene.sequence(await takenOf(proven));
    await scene.publish();
    await reaches(proven, 'WITNESSED');
    await reaches(taken, 'ACCEPTED');
    world.hub.down = true;
    expect([await levelOf(proven), await levelOf(taken)]).toEqual(['WITNESSED', 'ACCEPTED']);
    world.hub.down = false;
  });

  it('is refused for what is not there, not for this officer, or asked in another way', async () => {
    const sent = await send();
    const elsewhere = rs.officer('LIAISON_OFFICER', deskOf('rs', 'border'));
    const nobody = { ...sent, envelopeId: '01933f6e-0000-7000-8000-00000000dead' };
    expect((await receiptOf(sent, '', elsewhere)).status).toBe(404);
    expect((await receiptOf(nobody)).body.code).toBe('ERR_REQUEST_NOT_FOUND');
    expect((await receiptOf(sent, '', rs.officer('BORDER_OFFICER'))).status).toBe(403);
    for (const query of ['?wait=31', '?wait=-1', '?level=PROVEN']) {
      expect((await receiptOf(sent, query)).body.code).toBe('ERR_REQUEST_INVALID');
    }
  });
});

describe('proofs', () => {
  const kept = ({ envelopeId }: Sent) =>
    rs.query<{ size: string }>('select size from log_proof where envelope_id = $1', [envelopeId]);

  it('are collected by themselves, of messages sent and received and of the decisions on them', async () => {
    const sent = await sentAndDecided();
    const incoming = await new ForeignSender(world.community, 'iq', 'rs').request();
    await world.hub.services.decide(incoming);
    const received = { legId: incoming.event.subject, envelopeId: incoming.event.id };
    await eventually(async () => expect(await unproven()).toContain(received.envelopeId));
    scene.sequence(await takenOf(sent));
    scene.sequence(incoming);
    await scene.publish();
    await collect();
    expect(await unproven()).toEqual(expect.arrayContaining([sent.envelopeId, received.envelopeId]));

    scene.sequence(decisionOn(sent));
    scene.sequence(decisionOn(received));
    await scene.publish();
    await collect();
    expect(await unproven()).not.toContain(sent.envelopeId);
    expect(await unproven()).not.toContain(received.envelopeId);
  });

  it('stay as they were made first, whatever becomes of the log', async () => {
    const sent = await sentAndDecided();
    scene.sequence(await takenOf(sent));
    scene.sequence(decisionOn(sent));
    await scene.publish();
    const size = String(scene.log.size);
    await collect();
    expect(await kept(sent)).toEqual([{ size }]);
    scene.log.grow('xyz');
    await scene.publish();
    scene.leaves.delete(sent.envelopeId);
    await collect();
    expect(await kept(sent)).toEqual([{ size }]);
    expect(await levelOf(sent)).toBe('WITNESSED');
  });

  it('make a pack of one leg under several checkpoints, each leading to the newest', async () => {
    const sent = await sentAndDecided();
    scene.sequence(await takenOf(sent));
    await scene.publish();
    await collect();
    scene.log.grow('between');
    scene.sequence(decisionOn(sent));
    await scene.publish();
    await collect();
    scene.log.grow('behind');
    await scene.publish();
    scene.leaves.clear();
    const answer = await fetch(`${await rs.url()}/v1/legs/${sent.legId}/evidence`, {
      headers: await supervisor.headers(),
    });
    expect([answer.status, answer.ok || (await answer.text())]).toEqual([200, true]);
    const { checks, facts } = await verifyPack(Buffer.from(await answer.arrayBuffer()), {
      roots: world.community.roots,
    });
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(checks.filter(({ rule }) => rule === 'consistency')).toHaveLength(2);
    expect(facts?.logs).toMatchObject([{ size: scene.log.size }]);
  });

  it('are not concluded from a log that cannot be read', async () => {
    const sent = await sentAndDecided();
    scene.sequence(await takenOf(sent));
    scene.sequence(decisionOn(sent));
    await scene.publish();
    world.hub.down = true;
    await expect(collect()).rejects.toMatchObject({ code: 'ERR_UPSTREAM_UNAVAILABLE' });
    world.hub.down = false;
    const published = world.hub.log!;
    world.hub.log = { ...published, tile: () => undefined };
    await expect(collect()).rejects.toMatchObject({ code: 'ERR_LOG_TILE' });
    world.hub.log = published;
    expect(await kept(sent)).toEqual([]);
    await collect();
    expect(await kept(sent)).toHaveLength(1);
  });
});
