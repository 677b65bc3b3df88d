import type { SubmittedRequest } from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import { TcpProxy } from '../tcp-proxy.js';
import { AccessPoint, type OfficerClient } from './support/access-point.js';
import { Community, deskOf, urnOf } from './support/community.js';
import { ForeignSender } from './support/foreign-sender.js';
import { HubDouble } from './support/hub-double.js';
import { IdentityDouble } from './support/identity-double.js';
import { requestTo } from './support/request-body.js';

jest.setTimeout(60_000);

let hub: HubDouble;
let idp: IdentityDouble;
let network: TcpProxy;
let accessPoint: AccessPoint;
let milica: OfficerClient;

beforeAll(async () => {
  const community = await Community.found();
  hub = await new HubDouble(community).start();
  idp = await new IdentityDouble().start();
  accessPoint = await AccessPoint.prepare('rs', { community, hub, idp });
  const { hostname, port } = new URL(accessPoint.database.url);
  network = await TcpProxy.to(hostname, Number(port));
  await accessPoint.start({ databasePort: network.port });
  await accessPoint.whenReady();
  milica = accessPoint.officer('LIAISON_OFFICER', deskOf('rs', 'liaison'));
});
afterAll(async () => {
  network.restore();
  await accessPoint.stop();
  await network.close();
  await accessPoint.dispose();
  await hub.stop();
  await idp.stop();
});
failOnLeaks();

describe('an outage of the database', () => {
  it('is told to officers and to the orchestrator, and leaves nothing behind when it is over', async () => {
    network.cut();
    for (const path of ['/v1/legs', '/v1/access-log']) {
      const { status, body, headers } = await milica.get(path);
      expect([status, body.code]).toEqual([503, 'ERR_DATABASE_UNAVAILABLE']);
      expect(headers.get('retry-after')).not.toBeNull();
    }
    expect((await milica.post('/v1/requests', requestTo(['iq']))).body.code).toBe('ERR_DATABASE_UNAVAILABLE');
    // Refused for another reason, and the refusal cannot be logged: still nothing is shown.
    expect((await accessPoint.officer('CHAIR').get('/v1/legs')).status).toBe(503);
    expect((await fetch(`${await accessPoint.url()}/readyz`)).status).toBe(503);
    expect((await fetch(`${await accessPoint.url()}/metrics`)).status).toBe(200);
    const meanwhile = await new ForeignSender(hub.community, 'iq', 'rs').request();
    await hub.services.decide(meanwhile);
    network.restore();
    await accessPoint.whenReady();
    await eventually(
      async () => {
        const rows = await accessPoint.query('select 1 from leg where leg_id = $1', [meanwhile.event.subject]);
        expect(rows).toHaveLength(1);
      },
      { timeoutMs: 30_000 },
    );
    const { body } = await milica.post<SubmittedRequest>('/v1/requests', requestTo(['iq']));
    await eventually(() => expect(hub.taken.map(({ event }) => event.id)).toContain(body.legs[0]!.envelopeId), {
      timeoutMs: 30_000,
    });
    const [{ count }] = (await accessPoint.query('select count(*)::int as count from request')) as [{ count: number }];
    expect(count).toBe(1);
    expect(hub.taken.every(({ event }) => event.source === urnOf('rs'))).toBe(true);
  });
});
