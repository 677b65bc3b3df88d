import { v7 } from 'uuid';
import type { LegMessage, MessageContent } from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import { changeBase, urnOf } from './support/community.js';
import { FeedScene } from './support/feed-scene.js';

jest.setTimeout(30_000);

let scene: FeedScene;
let kid: string;
const [rs, iq] = [urnOf('rs'), urnOf('iq')];

beforeAll(async () => {
  scene = await FeedScene.set();
  kid = scene.world.community.keystore(rs).signer().kid;
});
afterAll(() => scene.world.end());
failOnLeaks();

const messagesOf = async (legId: string): Promise<LegMessage[]> => (await scene.legOf(legId)).body.messages;

describe('a key that turns out to be stolen', () => {
  it('marks what was accepted after the theft and leaves what was before, without deleting anything', async () => {
    const { hub, community, accessPoints } = scene.world;
    const early = await scene.receiveRequest();
    await eventually(async () => expect(await messagesOf(early.legId)).toHaveLength(2));
    const theft = new Date();
    const late = await scene.receiveRequest();
    await eventually(async () => expect(await messagesOf(late.legId)).toHaveLength(2));
    for (const { legId } of [early, late]) {
      for (const message of await messagesOf(legId)) expect(message).not.toHaveProperty('suspicion');
    }

    // The hub took one more before anybody knew; this access point has been away since, and hears of the theft first.
    hub.down = true;
    hub.hangUp();
    const missed = await scene.serbia.request();
    await hub.services.decide(missed);
    const effectiveFrom = theft.toISOString();
    const report = {
      ...changeBase(),
      id: v7(),
      effectiveFrom,
      kind: 'key-status-changed',
      kid,
      status: 'COMPROMISED',
    } as const;
    await hub.services.publishChange([iq], await community.change(report));
    const known: boolean[] = [];
    hub.feedFilter = (entries) => {
      known.push(hub.directoryReads > 0);
      return entries;
    };
    hub.directoryReads = 0;
    hub.down = false;
    await eventually(async () => expect((await scene.legOf(missed.event.subject)).status).toBe(200), {
      timeoutMs: 20_000,
    });
    expect(known).not.toContain(false);
    await scene.followed();
    expect(await scene.quarantine()).toEqual([]);

    const suspicion = { kid, compromisedFrom: effectiveFrom };
    const ofRequest = async (legId: string) =>
      (await messagesOf(legId)).find(({ direction }) => direction === 'incoming');
    expect(await ofRequest(late.legId)).toMatchObject({ state: 'ACCEPTED', hasContent: true, suspicion });
    expect(await ofRequest(missed.event.subject)).toMatchObject({ hasContent: true, suspicion });
    expect(await ofRequest(early.legId)).not.toHaveProperty('suspicion');
    // The own delivery statement was signed with another key.
    const own = (await messagesOf(late.legId)).find(({ direction }) => direction === 'outgoing');
    expect(own).not.toHaveProperty('suspicion');
    const path = `/v1/legs/${late.legId}/messages/${late.envelope.event.id}/content`;
    expect((await scene.karim.get<MessageContent>(path)).body).toMatchObject({ suspicion });
    const rows = await accessPoints.iq.query('select 1 from received_envelope');
    expect(rows).toHaveLength(3);
  });

  it('is refused for good where it was retired instead', async () => {
    const { hub, community } = scene.world;
    const turkish = community.keystore(urnOf('tr')).signer();
    const retired = { ...changeBase(), kind: 'key-status-changed', kid: turkish.kid, status: 'RETIRED' } as const;
    await hub.services.publishChange([iq], await community.change(retired));
    await scene.followed();
    const request = await scene.serbia.request({ signer: turkish });
    expect(await scene.codesAfter(() => hub.services.decide(request))).toEqual(['ERR_TRUST_KEY_INACTIVE']);
  });
});
