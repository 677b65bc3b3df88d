import { generateKeyPairSync } from 'node:crypto';
import { type SubmittedRequest, serviceUrnOf } from '#libs/contracts';
import { hashOf, type Signer, signerFromJwk } from '#libs/envelope';
import { eventually, failOnLeaks } from '#libs/testing';
import type { OfficerClient } from './support/access-point.js';
import { deskOf } from './support/community.js';
import { requestTo } from './support/request-body.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(30_000);

let world: World<'rs'>;
let milica: OfficerClient;

beforeAll(async () => {
  world = await buildWorld(['rs']);
  milica = world.accessPoints.rs.officer('LIAISON_OFFICER', deskOf('rs', 'liaison'));
});
afterEach(() => {
  Object.assign(world.hub, { down: false, decides: true, answer: undefined, retryAfter: undefined });
});
afterAll(() => world.end());
failOnLeaks();

async function submit(count = 1): Promise<string[]> {
  const ids: string[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const { status, body } = await milica.post<SubmittedRequest>('/v1/requests', requestTo(['iq']));
    expect(status).toBe(202);
    ids.push(body.legs[0]!.envelopeId);
  }
  return ids;
}

const stateOf = async (envelopeId: string) => (await milica.get(`/v1/envelopes/${envelopeId}`)).body;
const reaches = (envelopeId: string, state: string) =>
  eventually(async () => expect(await stateOf(envelopeId)).toMatchObject({ state }), { timeoutMs: 20_000 });

async function strangerSigner(): Promise<Signer> {
  return signerFromJwk(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as never);
}

describe('store and forward', () => {
  it('keeps what was submitted while the gateway is away, and sends it in the order of signing', async () => {
    const before = world.hub.taken.length;
    world.hub.down = true;
    const ids = await submit(5);
    for (const id of ids) expect(await stateOf(id)).toMatchObject({ state: 'QUEUED' });
    world.hub.down = false;
    for (const id of ids) await reaches(id, 'ACCEPTED');
    const taken = world.hub.taken.slice(before);
    expect(taken.map(({ event }) => event.id)).toEqual(ids);
    const sequences = taken.map(({ event }) => Number(event.producerseq));
    expect(sequences).toEqual(sequences.map((_, nth) => sequences[0]! + nth));
    for (const [nth, { event }] of taken.entries()) {
      if (nth > 0) expect(event.producerprev).toBe(hashOf(taken[nth - 1]!.jws));
    }
  });

  it('waits as long as the gateway asks, and then sends everything', async () => {
    world.hub.retryAfter = '2';
    const before = world.hub.posts;
    const ids = await submit(3);
    await eventually(() => expect(world.hub.posts).toBe(before + 1));
    const asked = Date.now();
    world.hub.retryAfter = undefined;
    for (const id of ids) expect(await stateOf(id)).toMatchObject({ state: 'QUEUED' });
    for (const id of ids) await reaches(id, 'ACCEPTED');
    expect(Date.now() - asked).toBeGreaterThanOrEqual(1_800);
    expect(world.hub.posts).toBe(before + 2);
  });

  it('goes on where a process ended between commit and send, and never signs anew', async () => {
    const { rs } = world.accessPoints;
    world.hub.down = true;
    const [id] = await submit();
    const [row] = await rs.query<{ jws: string }>('select jws from outgoing_envelope where envelope_id = $1', [id]);
    await rs.stop();
    world.hub.down = false;
    await rs.start();
    await reaches(id!, 'ACCEPTED');
    expect(world.hub.taken.at(-1)?.jws).toBe(row!.jws);
  });

  it('hands in the same bytes again when the answer was lost, to one effect', async () => {
    let lost = 0;
    world.hub.answer = async (_, honest) => {
      const answer = await honest();
      if (lost++ === 0) world.hub.hangUp();
      return answer;
    };
    const before = world.hub.taken.length;
    const [id] = await submit();
    await reaches(id!, 'ACCEPTED');
    await eventually(async () => {
      const [row] = await world.accessPoints.rs.query<{ answer_jws: string | null }>(
        'select answer_jws from outgoing_envelope where envelope_id = $1',
        [id],
      );
      expect(row?.answer_jws).toEqual(expect.any(String));
    });
    expect(lost).toBeGreaterThan(1);
    expect(world.hub.taken.length).toBe(before + 1);
  });

  it('keeps the state that the hub decided when the receipt comes late', async () => {
    let held = true;
    world.hub.answer = async (_, honest) => {
      const answer = await honest();
      return held ? world.hub.services.refusal(milica.at.member, '', 'ERR_BROKER_UNAVAILABLE') : answer;
    };
    const [id] = await submit();
    await reaches(id!, 'ACCEPTED');
    expect(await stateOf(id!)).not.toHaveProperty('receivedAt');
    held = false;
    await eventually(async () => expect(await stateOf(id!)).toHaveProperty('receivedAt'));
    expect(await stateOf(id!)).toMatchObject({ state: 'ACCEPTED' });
  });

  it('ends only the envelope that the gateway refuses, with its code', async () => {
    world.hub.decides = false;
    world.hub.down = true;
    const [refused, fine] = await submit(2);
    world.hub.answer = ({ event, jws }, honest) =>
      event.id === refused ? world.hub.services.refusal(event.source, hashOf(jws), 'ERR_ENVELOPE_SCHEMA') : honest();
    world.hub.down = false;
    await reaches(fine!, 'RECEIVED');
    await reaches(refused!, 'REFUSED');
    expect(await stateOf(refused!)).toMatchObject({ problem: { code: 'ERR_ENVELOPE_SCHEMA', status: 422 } });
    const { body } = await milica.get<{ entries: { submission: string; problem?: object; actions?: [] }[] }>(
      '/v1/legs',
    );
    expect(body.entries.map(({ submission }) => submission)).toContain('REFUSED');
  });

  it('tries again when the gateway itself could not take an envelope', async () => {
    let calls = 0;
    world.hub.answer = ({ jws, event }, honest) =>
      ++calls < 3 ? world.hub.services.refusal(event.source, hashOf(jws), 'ERR_BROKER_UNAVAILABLE') : honest();
    const [id] = await submit();
    await reaches(id!, 'ACCEPTED');
    expect(calls).toBeGreaterThanOrEqual(3);
  });
});

describe('answers that prove nothing', () => {
  type Forge = () => Promise<{ header?: { envelope?: object; audience?: string[] }; signer?: Signer }>;
  const others = 'A'.repeat(43);

  it.each<[string, Forge]>([
    ['by a stranger', async () => ({ signer: await strangerSigner() })],
    ['by another service', async () => ({ signer: world.community.keystore(serviceUrnOf('requests')).signer() })],
    ['for other bytes', async () => ({ header: { envelope: { id: 'set below', type: 't', sha256: others } } })],
    ['to somebody else', async () => ({ header: { audience: ['urn:serai:participant:iq'] } })],
  ])('a receipt %s is no receipt', async (_, forge) => {
    let forged = 0;
    let lying = true;
    world.hub.decides = false;
    world.hub.answer = async ({ event, jws }, honest) => {
      if (!lying) return honest();
      forged += 1;
      const { header, signer } = await forge();
      const envelope = header?.envelope && { ...header.envelope, id: event.id, type: event.type };
      const named = { ...header, ...(envelope ? { envelope } : {}) };
      return { status: 202, answer: await world.hub.services.receipt(event, hashOf(jws), { header: named, signer }) };
    };
    const [id] = await submit();
    await eventually(() => expect(forged).toBeGreaterThan(1));
    expect(await stateOf(id!)).toMatchObject({ state: 'QUEUED' });
    lying = false;
    await reaches(id!, 'RECEIVED');
  });

  it('a refusal of other bytes is no refusal', async () => {
    let lying = true;
    let forged = 0;
    world.hub.answer = async ({ event }, honest) => {
      if (!lying) return honest();
      forged += 1;
      return world.hub.services.refusal(event.source, others, 'ERR_ENVELOPE_SCHEMA');
    };
    const [id] = await submit();
    await eventually(() => expect(forged).toBeGreaterThan(1));
    expect(await stateOf(id!)).toMatchObject({ state: 'QUEUED' });
    lying = false;
    await reaches(id!, 'ACCEPTED');
  });
});

describe('two instances', () => {
  it('send everything once between them, and the second goes on when the first ends', async () => {
    const { rs } = world.accessPoints;
    await rs.start();
    await rs.whenReady();
    const before = { taken: world.hub.taken.length, posts: world.hub.posts };
    const ids = await submit(5);
    for (const id of ids) await reaches(id, 'ACCEPTED');
    expect(world.hub.taken.slice(before.taken).map(({ event }) => event.id)).toEqual(ids);
    expect(world.hub.posts - before.posts).toBeLessThanOrEqual(ids.length);
    await rs.stopFirst();
    const [last] = await submit();
    await reaches(last!, 'ACCEPTED');
  });
});
