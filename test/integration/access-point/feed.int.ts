import { generateKeyPairSync } from 'node:crypto';
import { v7 } from 'uuid';
import { deadlineOverrun, deadlineWarned, type LegView, legDelivered, serviceUrnOf } from '#libs/contracts';
import { type SignedEnvelope, type Signer, signerFromJwk } from '#libs/envelope';
import { eventually, failOnLeaks } from '#libs/testing';
import type { OfficerClient } from './support/access-point.js';
import { changeBase, keyChange, urnOf } from './support/community.js';
import { ForeignSender } from './support/foreign-sender.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(30_000);

let world: World<'iq'>;
let karim: OfficerClient;
let serbia: ForeignSender;
let turkey: ForeignSender;
const [rs, iq, tr] = [urnOf('rs'), urnOf('iq'), urnOf('tr')];

beforeAll(async () => {
  world = await buildWorld(['iq']);
  karim = world.accessPoints.iq.officer('NCC_DUTY_OFFICER');
  serbia = new ForeignSender(world.community, 'rs', 'iq');
  turkey = new ForeignSender(world.community, 'tr', 'iq');
});
afterAll(() => world.end());
failOnLeaks();

const followed = () =>
  eventually(async () => {
    const [cursor] = await world.accessPoints.iq.query<{ sequence: string }>('select sequence from feed_cursor');
    expect(Number(cursor?.sequence ?? 0)).toBe(world.hub.services.feedOf(iq).length);
  });

const quarantine = async (): Promise<string[]> => {
  const rows = await world.accessPoints.iq.query<{ code: string }>(
    'select code from quarantined_entry order by sequence',
  );
  return rows.map(({ code }) => code);
};

const legOf = (legId: string) => karim.get<LegView>(`/v1/legs/${legId}`);

async function strangerSigner(): Promise<Signer> {
  return signerFromJwk(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as never);
}

/** Serves an entry and says what of it came into quarantine. */
async function codesAfter(serve: () => Promise<void> | void): Promise<string[]> {
  const before = (await quarantine()).length;
  await serve();
  await followed();
  return (await quarantine()).slice(before);
}

async function receiveRequest(): Promise<{ envelope: SignedEnvelope; legId: string }> {
  const envelope = await serbia.request();
  expect(await codesAfter(() => world.hub.services.decide(envelope))).toEqual([]);
  return { envelope, legId: envelope.event.subject };
}

describe('a request on the feed', () => {
  it('is stored, and its delivery stated over the bytes that its sender signed', async () => {
    const { envelope, legId } = await receiveRequest();
    expect((await legOf(legId)).body).toMatchObject({ direction: 'incoming', requester: { participant: rs } });
    await eventually(() => {
      const delivered = world.hub.taken.filter(({ event }) => event.subject === legId);
      expect(delivered.map(({ event }) => event.type)).toEqual([legDelivered.type]);
      expect(delivered[0]?.event.data.header).toMatchObject({
        submission: envelope.sha256,
        sender: { participant: iq },
      });
      expect(delivered[0]?.event.data.header).not.toHaveProperty('sender.officer');
    });
  });

  it('has one effect when the hub sends its event twice, or makes a second one', async () => {
    const { envelope, legId } = await receiveRequest();
    const { services } = world.hub;
    await eventually(() => expect(services.legs.get(legId).status).toBe('DELIVERED'));
    await followed();
    const first = services.feedOf(iq).find(({ cause }) => cause === envelope.jws)!;
    expect(await codesAfter(() => services.publish([iq], first.event, first.cause))).toEqual([]);
    const second = await services.accepted(envelope, services.legs.get(legId), { header: { audience: [iq] } });
    expect(await codesAfter(() => services.publish([iq], second.jws, envelope.jws))).toEqual(['ERR_ENVELOPE_CONFLICT']);
    expect(world.hub.taken.filter(({ event }) => event.subject === legId)).toHaveLength(1);
  });

  it.each<[string, () => Promise<SignedEnvelope>, string]>([
    ['is encrypted to somebody else', () => serbia.request({ encryptFor: 'tr' }), 'ERR_ENVELOPE_UNDECRYPTABLE'],
    ['says what no schema allows', () => serbia.request({ content: { title: 'x' } }), 'ERR_ENVELOPE_SCHEMA'],
  ])('is not delivered when it %s', async (_, make, code) => {
    const envelope = await make();
    expect(await codesAfter(() => world.hub.services.decide(envelope))).toEqual([code]);
    expect((await legOf(envelope.event.subject)).status).toBe(404);
    expect(world.hub.taken.some(({ event }) => event.subject === envelope.event.subject)).toBe(false);
  });

  it('keeps a move whose reason cannot be decrypted, and shows no content', async () => {
    const { legId } = await receiveRequest();
    const withdrawal = await serbia.withdrawal(legId, { content: { language: 'en', text: 'x' }, encryptFor: 'tr' });
    const codes = await codesAfter(() => world.hub.services.decide(withdrawal));
    expect(codes).toEqual(['ERR_ENVELOPE_UNDECRYPTABLE']);
    const { body } = await legOf(legId);
    expect(body.status).toBe('WITHDRAWN');
    expect(body.messages.find(({ envelopeId }) => envelopeId === withdrawal.event.id)).toMatchObject({
      hasContent: false,
    });
    const path = `/v1/legs/${legId}/messages/${withdrawal.event.id}/content`;
    expect((await karim.get(path)).status).toBe(404);
  });

  it('follows deadlines', async () => {
    const { legId } = await receiveRequest();
    const { services } = world.hub;
    await eventually(() => expect(services.legs.get(legId).status).toBe('DELIVERED'));
    await services.tell(deadlineWarned.type, [rs, iq], services.legs.get(legId), { percent: 50 });
    await services.tell(deadlineOverrun.type, [rs, iq], { ...services.legs.get(legId), overdue: true });
    await followed();
    expect((await legOf(legId)).body.state).toMatchObject({ overdue: true });
    const { body } = await karim.get<{ entries: { legId: string }[] }>('/v1/legs?overdue=true');
    expect(body.entries.map((leg) => leg.legId)).toEqual([legId]);
  });
});

describe('an entry that lies', () => {
  type Lie = (envelope: SignedEnvelope) => Promise<void>;
  const publish = async (event: Promise<SignedEnvelope>, cause?: string) => {
    world.hub.services.publish([iq], (await event).jws, cause);
  };
  const acceptedAs = (envelope: SignedEnvelope, header: object, signer?: Signer) => {
    const leg = { ...world.hub.services.legs.move(envelope.event)! };
    return world.hub.services.accepted(envelope, leg, { header: { audience: [rs, iq], ...header }, signer });
  };
  const lies: [string, string, Lie][] = [
    ['for another audience', 'ERR_ENVELOPE_AUDIENCE', (e) => publish(acceptedAs(e, { audience: [tr] }), e.jws)],
    [
      'signed by a stranger',
      'ERR_TRUST_UNKNOWN_KEY',
      async (e) => publish(acceptedAs(e, {}, await strangerSigner()), e.jws),
    ],
    [
      'signed by another service',
      'ERR_ENVELOPE_SOURCE',
      (e) => publish(acceptedAs(e, {}, world.community.keystore(serviceUrnOf('directory')).signer()), e.jws),
    ],
    ['without its cause', 'ERR_ENVELOPE_CAUSE', (e) => publish(acceptedAs(e, {}))],
    [
      'beside another cause',
      'ERR_ENVELOPE_CAUSE',
      async (e) => publish(acceptedAs(e, {}), (await serbia.request()).jws),
    ],
    [
      'that names another envelope than its cause',
      'ERR_ENVELOPE_CAUSE',
      (e) =>
        publish(acceptedAs(e, { envelope: { id: v7(), type: e.event.type, source: rs, sha256: e.sha256 } }), e.jws),
    ],
    [
      'that names another sender than its cause has',
      'ERR_ENVELOPE_SOURCE',
      (e) =>
        publish(
          acceptedAs(e, { envelope: { id: e.event.id, type: e.event.type, source: tr, sha256: e.sha256 } }),
          e.jws,
        ),
    ],
    [
      'accepted before its key was known',
      'ERR_TRUST_KEY_INACTIVE',
      (e) => publish(acceptedAs(e, { acceptedAt: '2020-01-01T00:00:00.000Z' }), e.jws),
    ],
  ];

  it.each(lies)('%s is put into quarantine (%s) and passed over', async (_, code, lie) => {
    const envelope = await serbia.request();
    expect(await codesAfter(() => lie(envelope))).toEqual([code]);
    expect((await legOf(envelope.event.subject)).status).toBe(404);
    await receiveRequest();
  });

  it.each<[string, string, () => Promise<SignedEnvelope>]>([
    [
      'whose sender did not sign it',
      'ERR_TRUST_UNKNOWN_KEY',
      async () => serbia.request({ signer: await strangerSigner() }),
    ],
    [
      'that another participant signed in the sender’s name',
      'ERR_ENVELOPE_SOURCE',
      () => serbia.request({ signer: world.community.keystore(tr).signer() }),
    ],
    ['that is addressed to somebody else', 'ERR_ENVELOPE_AUDIENCE', () => serbia.request({ recipient: 'tr' })],
  ])('an envelope %s is put into quarantine', async (_, code, make) => {
    const envelope = await make();
    const codes = await codesAfter(() => publish(acceptedAs(envelope, {}), envelope.jws));
    expect(codes).toEqual([code]);
  });

  it('is a move by somebody who is no party, or of a leg that nobody knows', async () => {
    const { legId } = await receiveRequest();
    const stranger = await turkey.acknowledgement(legId);
    const leg = world.hub.services.legs.get(legId);
    const event = await world.hub.services.accepted(stranger, leg, { header: { audience: [iq] } });
    expect(await codesAfter(() => world.hub.services.publish([iq], event.jws, stranger.jws))).toEqual([
      'ERR_LEG_NOT_A_PARTY',
    ]);
    const unknown = await serbia.withdrawal(v7());
    const state = { ...leg, legId: unknown.event.subject };
    const second = await world.hub.services.accepted(unknown, state, { header: { audience: [iq] } });
    expect(await codesAfter(() => world.hub.services.publish([iq], second.jws, unknown.jws))).toEqual([
      'ERR_LEG_UNKNOWN',
    ]);
  });

  it('is a decision on an envelope that was never signed here', async () => {
    const forger = new ForeignSender(world.community, 'iq', 'rs');
    const envelope = await forger.request();
    const codes = await codesAfter(() => world.hub.services.decide(envelope));
    expect(codes).toEqual(['ERR_ENVELOPE_CONFLICT']);
    expect((await legOf(envelope.event.subject)).status).toBe(404);
  });

  it('shows in the metrics', async () => {
    const address = await world.accessPoints.iq.instance.getUrl();
    const metrics = await (await fetch(`${address}/metrics`)).text();
    const count = (await quarantine()).length;
    expect(metrics).toContain(`serai_access_point_quarantined_entries ${count}`);
    expect(metrics).toContain('serai_access_point_feed_broken 0');
  });
});

describe('the way to the feed', () => {
  it('goes page by page where streams do not get through, and back', async () => {
    world.hub.streamsOff = true;
    world.hub.hangUp();
    world.hub.feedReads.length = 0;
    await receiveRequest();
    expect(world.hub.feedReads).toContain('page');
    world.hub.streamsOff = false;
    await eventually(() => expect(world.hub.feedReads.at(-1)).toBe('stream'));
    await receiveRequest();
  });

  it('goes on at its cursor after a restart, to one effect', async () => {
    const { iq: accessPoint } = world.accessPoints;
    const { legId } = await receiveRequest();
    await accessPoint.stop();
    const missed = await serbia.request();
    await world.hub.services.decide(missed);
    await accessPoint.start();
    await accessPoint.whenReady();
    await followed();
    expect((await legOf(missed.event.subject)).status).toBe(200);
    const rows = await accessPoint.query('select 1 from message where leg_id = $1', [legId]);
    expect(rows).toHaveLength(2);
  });

  it('is walked by two instances to one effect each', async () => {
    const { iq: accessPoint } = world.accessPoints;
    await accessPoint.start();
    await accessPoint.whenReady();
    const requests = await Promise.all(Array.from({ length: 10 }, () => serbia.request()));
    for (const request of requests) await world.hub.services.decide(request);
    await followed();
    await eventually(() => {
      for (const { event } of requests) {
        const stated = world.hub.taken.filter((taken) => taken.event.subject === event.subject);
        expect(stated.map((taken) => taken.event.type)).toEqual([legDelivered.type]);
      }
    });
    expect(await codesAfter(() => undefined)).toEqual([]);
    await accessPoint.stopFirst();
  });
});

describe('the directory', () => {
  it('changes by the feed: a key that was registered on the way is believed, also after a restart without a hub', async () => {
    const { iq: accessPoint } = world.accessPoints;
    const pair = generateKeyPairSync('ed25519');
    const signer = await signerFromJwk(pair.privateKey.export({ format: 'jwk' }) as never);
    const { kty, crv, x } = pair.publicKey.export({ format: 'jwk' });
    const change = await world.community.change(keyChange(rs, { use: 'sig', jwk: { kty, crv, x } as never }));
    await world.hub.services.publishChange([iq], change);
    const envelope = await serbia.request({ signer });
    expect(await codesAfter(() => world.hub.services.decide(envelope))).toEqual([]);
    await accessPoint.stop();
    world.hub.down = true;
    await accessPoint.start();
    await accessPoint.whenReady();
    const { body } = await karim.get<{ version: number }>('/v1/directory/changes');
    expect(body.version).toBe(world.community.directory.version);
    world.hub.down = false;
  });

  it('is fetched when an entry is signed with a key that is not known yet', async () => {
    const pair = generateKeyPairSync('ed25519');
    const signer = await signerFromJwk(pair.privateKey.export({ format: 'jwk' }) as never);
    const { kty, crv, x } = pair.publicKey.export({ format: 'jwk' });
    await world.community.change(keyChange(rs, { use: 'sig', jwk: { kty, crv, x } as never }));
    const envelope = await serbia.request({ signer });
    expect(await codesAfter(() => world.hub.services.decide(envelope))).toEqual([]);
    expect((await legOf(envelope.event.subject)).status).toBe(200);
  });

  it('does not take a change that the roots did not sign', async () => {
    const forged = { ...changeBase(), kind: 'participant-admitted' } as const;
    const payload = Buffer.from(JSON.stringify(forged)).toString('base64url');
    const signature = { protected: 'e30', signature: 'AA' };
    const { version } = world.community.directory;
    const change = { payload, signatures: [signature] };
    expect(await codesAfter(() => world.hub.services.publishChange([iq], change, version + 1))).toEqual([
      'ERR_TRUST_SNAPSHOT',
    ]);
    expect(world.community.directory.version).toBe(version);
  });
});
