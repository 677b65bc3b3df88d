import { generateKeyPairSync } from 'node:crypto';
import { v7 } from 'uuid';
import { deadlineOverrun, deadlineWarned, type LegState, legDelivered, legRead, serviceUrnOf } from '#libs/contracts';
import { hashOf, type SignedEnvelope, type Signer, signerFromJwk } from '#libs/envelope';
import { eventually, failOnLeaks } from '#libs/testing';
import { urnOf } from './support/community.js';
import { FeedScene } from './support/feed-scene.js';
import { ForeignSender } from './support/foreign-sender.js';
import type { Taken } from './support/hub-double.js';
import type { HubServices } from './support/hub-services.js';

jest.setTimeout(30_000);

let scene: FeedScene;
let turkey: ForeignSender;
const [rs, iq, tr] = [urnOf('rs'), urnOf('iq'), urnOf('tr')];

beforeAll(async () => {
  scene = await FeedScene.set();
  turkey = new ForeignSender(scene.world.community, 'tr', 'iq');
});
afterAll(() => scene.world.end());
failOnLeaks();

async function strangerSigner(): Promise<Signer> {
  return signerFromJwk(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as never);
}

describe('a request on the feed', () => {
  it('is stored, and its delivery stated over the bytes that its sender signed', async () => {
    const { envelope, legId } = await scene.receiveRequest();
    expect((await scene.legOf(legId)).body).toMatchObject({ direction: 'incoming', requester: { participant: rs } });
    await eventually(() => {
      const delivered = scene.world.hub.taken.filter(({ event }) => event.subject === legId);
      expect(delivered.map(({ event }) => event.type)).toEqual([legDelivered.type]);
      expect(delivered[0]?.event.data.header).toMatchObject({
        submission: envelope.sha256,
        sender: { participant: iq },
      });
      expect(delivered[0]?.event.data.header).not.toHaveProperty('sender.officer');
    });
  });

  it('has one effect when the hub sends its event twice, or makes a second one', async () => {
    const { envelope, legId } = await scene.receiveRequest();
    const { services } = scene.world.hub;
    await eventually(() => expect(services.legs.get(legId).status).toBe('DELIVERED'));
    await scene.followed();
    const first = services.feedOf(iq).find(({ cause }) => cause === envelope.jws)!;
    expect(await scene.codesAfter(() => services.publish([iq], first.event, first.cause))).toEqual([]);
    const second = await services.accepted(envelope, services.legs.get(legId), { header: { audience: [iq] } });
    expect(await scene.codesAfter(() => services.publish([iq], second.jws, envelope.jws))).toEqual([
      'ERR_ENVELOPE_CONFLICT',
    ]);
    expect(scene.world.hub.taken.filter(({ event }) => event.subject === legId)).toHaveLength(1);
  });

  it.each<[string, () => Promise<SignedEnvelope>, string]>([
    ['is encrypted to somebody else', () => scene.serbia.request({ encryptFor: 'tr' }), 'ERR_ENVELOPE_UNDECRYPTABLE'],
    ['says what no schema allows', () => scene.serbia.request({ content: { title: 'x' } }), 'ERR_ENVELOPE_SCHEMA'],
  ])('is not delivered when it %s', async (_, make, code) => {
    const envelope = await make();
    expect(await scene.codesAfter(() => scene.world.hub.services.decide(envelope))).toEqual([code]);
    expect((await scene.legOf(envelope.event.subject)).status).toBe(404);
    expect(scene.world.hub.taken.some(({ event }) => event.subject === envelope.event.subject)).toBe(false);
  });

  it('keeps a move whose reason cannot be decrypted, and shows no content', async () => {
    const { legId } = await scene.receiveRequest();
    const withdrawal = await scene.serbia.withdrawal(legId, {
      content: { language: 'en', text: 'x' },
      encryptFor: 'tr',
    });
    const codes = await scene.codesAfter(() => scene.world.hub.services.decide(withdrawal));
    expect(codes).toEqual(['ERR_ENVELOPE_UNDECRYPTABLE']);
    const { body } = await scene.legOf(legId);
    expect(body.status).toBe('WITHDRAWN');
    expect(body.messages.find(({ envelopeId }) => envelopeId === withdrawal.event.id)).toMatchObject({
      hasContent: false,
    });
    const path = `/v1/legs/${legId}/messages/${withdrawal.event.id}/content`;
    expect((await scene.karim.get(path)).status).toBe(404);
  });

  it('follows deadlines', async () => {
    const { legId } = await scene.receiveRequest();
    const { services } = scene.world.hub;
    await eventually(() => expect(services.legs.get(legId).status).toBe('DELIVERED'));
    await services.tell(deadlineWarned.type, [rs, iq], services.legs.get(legId), { percent: 50 });
    await services.tell(deadlineOverrun.type, [rs, iq], { ...services.legs.get(legId), overdue: true });
    await scene.followed();
    expect((await scene.legOf(legId)).body.state).toMatchObject({ overdue: true });
    const { body } = await scene.karim.get<{ entries: { legId: string }[] }>('/v1/legs?overdue=true');
    expect(body.entries.map((leg) => leg.legId)).toEqual([legId]);
  });
});

describe('an entry that lies', () => {
  type Lie = (envelope: SignedEnvelope) => Promise<void>;
  const publish = async (event: Promise<SignedEnvelope>, cause?: string) => {
    scene.world.hub.services.publish([iq], (await event).jws, cause);
  };
  const acceptedAs = (envelope: SignedEnvelope, header: object, signer?: Signer) => {
    const leg = { ...scene.world.hub.services.legs.move(envelope.event)! };
    return scene.world.hub.services.accepted(envelope, leg, { header: { audience: [rs, iq], ...header }, signer });
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
      (e) => publish(acceptedAs(e, {}, scene.world.community.keystore(serviceUrnOf('directory')).signer()), e.jws),
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
    const envelope = await scene.serbia.request();
    expect(await scene.codesAfter(() => lie(envelope))).toEqual([code]);
    expect((await scene.legOf(envelope.event.subject)).status).toBe(404);
    await scene.receiveRequest();
  });

  it.each<[string, string, () => Promise<SignedEnvelope>]>([
    [
      'whose sender did not sign it',
      'ERR_TRUST_UNKNOWN_KEY',
      async () => scene.serbia.request({ signer: await strangerSigner() }),
    ],
    [
      'that another participant signed in the sender’s name',
      'ERR_ENVELOPE_SOURCE',
      () => scene.serbia.request({ signer: scene.world.community.keystore(tr).signer() }),
    ],
    ['that is addressed to somebody else', 'ERR_ENVELOPE_AUDIENCE', () => scene.serbia.request({ recipient: 'tr' })],
  ])('an envelope %s is put into quarantine', async (_, code, make) => {
    const envelope = await make();
    const codes = await scene.codesAfter(() => publish(acceptedAs(envelope, {}), envelope.jws));
    expect(codes).toEqual([code]);
  });

  it('is a move by somebody who is no party, or of a leg that nobody knows', async () => {
    const { legId } = await scene.receiveRequest();
    const stranger = await turkey.acknowledgement(legId);
    const leg = scene.world.hub.services.legs.get(legId);
    const event = await scene.world.hub.services.accepted(stranger, leg, { header: { audience: [iq] } });
    expect(await scene.codesAfter(() => scene.world.hub.services.publish([iq], event.jws, stranger.jws))).toEqual([
      'ERR_LEG_NOT_A_PARTY',
    ]);
    const unknown = await scene.serbia.withdrawal(v7());
    const state = { ...leg, legId: unknown.event.subject };
    const second = await scene.world.hub.services.accepted(unknown, state, { header: { audience: [iq] } });
    expect(await scene.codesAfter(() => scene.world.hub.services.publish([iq], second.jws, unknown.jws))).toEqual([
      'ERR_LEG_UNKNOWN',
    ]);
  });

  describe('about what was signed here a moment ago', () => {
    /** Statements of deliveries that the hub has taken and not decided on. */
    let own: Taken;
    let other: Taken;
    beforeAll(async () => {
      const { hub } = scene.world;
      hub.decides = false;
      const undecided = async () => {
        const { legId } = await scene.receiveRequest();
        return eventually(() => {
          const stated = hub.taken.find(({ event }) => event.subject === legId);
          if (stated === undefined) throw new Error('no statement yet');
          return stated;
        });
      };
      [own, other] = [await undecided(), await undecided()];
    });
    afterAll(() => {
      scene.world.hub.decides = true;
    });

    const named = ({ jws, event: { id, type, source } }: Taken) => ({ id, type, source, sha256: hashOf(jws) });
    const delivered = ({ event }: Taken): LegState => {
      const leg = scene.world.hub.services.legs.get(event.subject);
      return { ...leg, version: leg.version + 1, status: 'DELIVERED' };
    };
    const claims: [string, (forged: HubServices) => Promise<SignedEnvelope>, () => Taken][] = [
      [
        'under another id',
        (hub) =>
          hub.accepted(own, delivered(own), { header: { audience: [iq], envelope: { ...named(own), id: v7() } } }),
        () => own,
      ],
      [
        'as something else',
        (hub) => {
          const envelope = { ...named(own), type: legRead.type };
          return hub.accepted(own, delivered(own), { header: { audience: [iq], envelope } });
        },
        () => own,
      ],
      ['for another leg', (hub) => hub.accepted(own, delivered(other), { header: { audience: [iq] } }), () => own],
      [
        'beside another one',
        (hub) => hub.accepted(other, delivered(own), { header: { audience: [iq], envelope: named(own) } }),
        () => other,
      ],
    ];

    it.each(claims)('%s is put into quarantine and moves nothing', async (_, make, beside) => {
      const { services } = scene.world.hub;
      const event = await make(services);
      expect(await scene.codesAfter(() => services.publish([iq], event.jws, beside().jws))).toEqual([
        'ERR_ENVELOPE_CAUSE',
      ]);
      for (const { event } of [own, other]) {
        expect((await scene.legOf(event.subject)).body.state).toMatchObject({ status: 'SUBMITTED' });
      }
    });

    it('is not believed to be decided on before it is', async () => {
      const { services } = scene.world.hub;
      expect(await scene.codesAfter(() => services.decide(own))).toEqual([]);
      const [decided, waiting] = [await scene.legOf(own.event.subject), await scene.legOf(other.event.subject)];
      expect([decided.body.state?.status, waiting.body.state?.status]).toEqual(['DELIVERED', 'SUBMITTED']);
    });
  });

  it('is a decision on an envelope that was never signed here', async () => {
    const forger = new ForeignSender(scene.world.community, 'iq', 'rs');
    const envelope = await forger.request();
    const codes = await scene.codesAfter(() => scene.world.hub.services.decide(envelope));
    expect(codes).toEqual(['ERR_ENVELOPE_CONFLICT']);
    expect((await scene.legOf(envelope.event.subject)).status).toBe(404);
  });

  it('shows in the metrics', async () => {
    const address = await scene.world.accessPoints.iq.instance.getUrl();
    const metrics = await (await fetch(`${address}/metrics`)).text();
    const count = (await scene.quarantine()).length;
    expect(metrics).toContain(`serai_access_point_quarantined_entries ${count}`);
    expect(metrics).toContain('serai_access_point_feed_broken 0');
  });
});
