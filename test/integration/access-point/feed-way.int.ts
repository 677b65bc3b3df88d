import { generateKeyPairSync } from 'node:crypto';
import { type FeedWithheld, type LogView, legDelivered } from '#libs/contracts';
import { signerFromJwk } from '#libs/envelope';
import { eventually, failOnLeaks } from '#libs/testing';
import { changeBase, keyChange, urnOf } from './support/community.js';
import { FeedScene } from './support/feed-scene.js';

jest.setTimeout(30_000);

let scene: FeedScene;
const [rs, iq] = [urnOf('rs'), urnOf('iq')];

beforeAll(async () => {
  scene = await FeedScene.set();
});
afterAll(() => scene.world.end());
failOnLeaks();

describe('the way to the feed', () => {
  it('goes page by page where streams do not get through, and back', async () => {
    scene.world.hub.streamsOff = true;
    scene.world.hub.hangUp();
    scene.world.hub.feedReads.length = 0;
    await scene.receiveRequest();
    expect(scene.world.hub.feedReads).toContain('page');
    scene.world.hub.streamsOff = false;
    await eventually(() => expect(scene.world.hub.feedReads.at(-1)).toBe('stream'));
    await scene.receiveRequest();
  });

  it('shows why the hub hands out nothing more, and that it goes on, by stream and by page', async () => {
    const { hub, accessPoints } = scene.world;
    const shown = async () => (await scene.karim.get<LogView>('/v1/log')).body.withheld;
    const metric = async (reason: string, value: number) =>
      expect(await (await fetch(`${await accessPoints.iq.instance.getUrl()}/metrics`)).text()).toContain(
        `serai_access_point_feed_withheld{reason="${reason}"} ${value}`,
      );
    const since = '2026-11-23T05:00:00.000Z';
    expect(await shown()).toBeUndefined();
    hub.withheld = { reason: 'LOG_AWAY', since };
    const request = await scene.serbia.request();
    await hub.services.decide(request);
    await eventually(async () => expect(await shown()).toEqual({ reason: 'LOG_AWAY', since }));
    await metric('LOG_AWAY', 1);
    expect((await scene.legOf(request.event.subject)).status).toBe(404);
    hub.withheld = undefined;
    await scene.receiveRequest();
    expect(await shown()).toBeUndefined();
    await metric('LOG_AWAY', 0);
    hub.withheld = { reason: 'QUORUM_LOST', since };
    hub.streamsOff = true;
    hub.hangUp();
    await eventually(async () => expect(await shown()).toEqual({ reason: 'QUORUM_LOST', since }));
    hub.withheld = { reason: 'A_LATER_ONE', since } as unknown as FeedWithheld;
    await eventually(async () => expect(await shown()).toBeUndefined());
    hub.withheld = undefined;
    hub.streamsOff = false;
    await scene.receiveRequest();
    expect(await scene.quarantine()).toEqual([]);
  });

  it('goes on at its cursor after a restart, to one effect', async () => {
    const { iq: accessPoint } = scene.world.accessPoints;
    const { legId } = await scene.receiveRequest();
    await accessPoint.stop();
    const missed = await scene.serbia.request();
    await scene.world.hub.services.decide(missed);
    await accessPoint.start();
    await accessPoint.whenReady();
    await scene.followed();
    expect((await scene.legOf(missed.event.subject)).status).toBe(200);
    const rows = await accessPoint.query('select 1 from message where leg_id = $1', [legId]);
    expect(rows).toHaveLength(2);
  });

  it('is walked by two instances to one effect each', async () => {
    const { iq: accessPoint } = scene.world.accessPoints;
    await accessPoint.start();
    await accessPoint.whenReady();
    const requests = await Promise.all(Array.from({ length: 10 }, () => scene.serbia.request()));
    for (const request of requests) await scene.world.hub.services.decide(request);
    await scene.followed();
    await eventually(() => {
      for (const { event } of requests) {
        const stated = scene.world.hub.taken.filter((taken) => taken.event.subject === event.subject);
        expect(stated.map((taken) => taken.event.type)).toEqual([legDelivered.type]);
      }
    });
    expect(await scene.codesAfter(() => undefined)).toEqual([]);
    await accessPoint.stopFirst();
  });
});

describe('the directory', () => {
  it('changes by the feed: a key that was registered on the way is believed, also after a restart without a hub', async () => {
    const { iq: accessPoint } = scene.world.accessPoints;
    const pair = generateKeyPairSync('ed25519');
    const signer = await signerFromJwk(pair.privateKey.export({ format: 'jwk' }) as never);
    const { kty, crv, x } = pair.publicKey.export({ format: 'jwk' });
    const change = await scene.world.community.change(keyChange(rs, { use: 'sig', jwk: { kty, crv, x } as never }));
    await scene.world.hub.services.publishChange([iq], change);
    const envelope = await scene.serbia.request({ signer });
    expect(await scene.codesAfter(() => scene.world.hub.services.decide(envelope))).toEqual([]);
    await accessPoint.stop();
    scene.world.hub.down = true;
    await accessPoint.start();
    await accessPoint.whenReady();
    const { body } = await scene.karim.get<{ version: number }>('/v1/directory/changes');
    expect(body.version).toBe(scene.world.community.directory.version);
    scene.world.hub.down = false;
  });

  it('is fetched when an entry is signed with a key that is not known yet', async () => {
    const pair = generateKeyPairSync('ed25519');
    const signer = await signerFromJwk(pair.privateKey.export({ format: 'jwk' }) as never);
    const { kty, crv, x } = pair.publicKey.export({ format: 'jwk' });
    await scene.world.community.change(keyChange(rs, { use: 'sig', jwk: { kty, crv, x } as never }));
    const envelope = await scene.serbia.request({ signer });
    expect(await scene.codesAfter(() => scene.world.hub.services.decide(envelope))).toEqual([]);
    expect((await scene.legOf(envelope.event.subject)).status).toBe(200);
  });

  it('does not take a change that the roots did not sign', async () => {
    const forged = { ...changeBase(), kind: 'participant-admitted' } as const;
    const payload = Buffer.from(JSON.stringify(forged)).toString('base64url');
    const signature = { protected: 'e30', signature: 'AA' };
    const { version } = scene.world.community.directory;
    const change = { payload, signatures: [signature] };
    expect(await scene.codesAfter(() => scene.world.hub.services.publishChange([iq], change, version + 1))).toEqual([
      'ERR_TRUST_SNAPSHOT',
    ]);
    expect(scene.world.community.directory.version).toBe(version);
  });
});
