import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 } from 'uuid';
import {
  AUDIT_API,
  DIRECTORY_API,
  type DirectoryChange,
  GATEWAY_API,
  type HttpRoute,
  NOTIFICATIONS_API,
  OPERATIONS,
  OPERATIONS_API,
  serviceUrnOf,
} from '#libs/contracts';
import { createKeystore, type Keystore, signCallerToken } from '#libs/envelope';
import type { HubSettings } from '#libs/hub';
import { type AppOptions, createApp } from '#libs/telemetry';
import { eventually, failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';
import { auditApp } from '../../apps/audit/src/audit.app.js';
import { auditDatabase } from '../../apps/audit/src/database/database-settings.js';
import { directoryDatabase } from '../../apps/directory/src/database/database-settings.js';
import { directoryApp } from '../../apps/directory/src/directory.app.js';
import { gatewayDatabase } from '../../apps/gateway/src/database/database-settings.js';
import { gatewayApp } from '../../apps/gateway/src/gateway.app.js';
import { notificationsDatabase } from '../../apps/notifications/src/database/database-settings.js';
import { notificationsApp } from '../../apps/notifications/src/notifications.app.js';
import { requestsDatabase } from '../../apps/requests/src/database/database-settings.js';
import { requestsApp } from '../../apps/requests/src/requests.app.js';
import { HubCommunity, type Member } from './hub-community.js';

jest.setTimeout(60_000);

const ORIGIN = 'hub.example/audit/2026';

/** What every service serves beside its own routes, to whoever runs it: no participant and no content is in it. */
const OPEN: HttpRoute = { method: 'GET', path: '', summary: '', security: 'none', answers: {}, errors: [] };
const OPEN_ROUTES = {
  healthz: { ...OPEN, path: '/healthz' },
  readyz: { ...OPEN, path: '/readyz' },
  metrics: { ...OPEN, path: '/metrics' },
};

/** Everything that the hub serves over HTTP, by service. */
const SURFACES: Readonly<Record<string, Readonly<Record<string, HttpRoute>>>> = {
  audit: { ...OPEN_ROUTES, ...AUDIT_API },
  gateway: { ...OPEN_ROUTES, ...GATEWAY_API },
  directory: { ...OPEN_ROUTES, ...DIRECTORY_API, ...OPERATIONS_API },
  requests: { ...OPEN_ROUTES, ...OPERATIONS_API },
  notifications: { ...OPEN_ROUTES, ...NOTIFICATIONS_API, ...OPERATIONS_API },
};

/** Who calls: the status of a refusal where the route asks for a participant, and where it asks for an operator; undefined is let in. */
const CALLERS: Readonly<Record<string, { readonly participant?: number; readonly operator?: number }>> = {
  nobody: { participant: 401, operator: 401 },
  'somebody with nonsense': { participant: 401, operator: 401 },
  'a participant': { operator: 401 },
  'a participant with a token for another service': { participant: 401, operator: 401 },
  'a participant with a token that has ended': { participant: 401, operator: 401 },
  'a participant with the key of another one': { participant: 401, operator: 401 },
  'a participant of training': { participant: 401, operator: 401 },
  'a suspended participant': { participant: 403, operator: 401 },
  'a participant who signs as operator': { participant: 401, operator: 401 },
  'a service that signs as operator': { participant: 401, operator: 401 },
  'an operator': { participant: 401 },
  'an operator with a token for another service': { participant: 401, operator: 401 },
};

let community: HubCommunity;
let training: Keystore;
const databases: TestDatabase[] = [];
const apps = new Map<string, NestFastifyApplication>();

beforeAll(async () => {
  community = await HubCommunity.found(['rs', 'iq', 'tr'], [...Object.keys(SURFACES), OPERATIONS]);
  training = await createKeystore(path.join(community.folder, 'training.jwe'), 'passphrase of a test');
  await community.createTopics();
  await startAll(await genesisWithSuspension());
}, 60_000);
afterAll(async () => {
  await Promise.all([...apps.values()].map((app) => app.close()));
  await Promise.all(databases.map((database) => database.drop()));
  await community.dissolve();
}, 30_000);
failOnLeaks();

/** The founding changes, and one that suspends Türkiye. */
async function genesisWithSuspension(): Promise<string> {
  const participant = {
    id: community.member('tr').urn,
    type: 'SUSPENDED',
    name: 'Suspended (synthetic)',
    routeRoles: [],
  };
  const effectiveFrom = new Date().toISOString();
  const change = { id: v7(), realm: 'production', effectiveFrom, kind: 'participant-admitted', participant };
  const file = path.join(community.folder, 'genesis-with-suspension.json');
  await writeFile(file, JSON.stringify([...community.genesis, await community.change(change as DirectoryChange)]));
  return file;
}

/** Every service of the hub, the directory's changes followed by all. */
async function startAll(genesisPath: string): Promise<void> {
  const start = async (
    service: string,
    settings: Parameters<typeof testDatabase>[0],
    make: (hub: HubSettings) => AppOptions,
  ) => {
    const database = await testDatabase(settings);
    databases.push(database);
    apps.set(service, await createApp(make(community.settings(service, database.url))));
  };
  await start('directory', directoryDatabase(''), (hub) => directoryApp({ hub, genesisPath }));
  const attachments = { place: { folder: path.join(community.folder, 'attachments') }, days: 90 };
  const addresses = {
    gateway: 'http://hub.test',
    directory: 'http://directory.test',
    notifications: 'http://feed.test',
  };
  await start('gateway', gatewayDatabase(''), (hub) => gatewayApp({ hub, trustProxy: false, attachments, addresses }));
  const logFolder = path.join(community.folder, 'log');
  const log = {
    origin: ORIGIN,
    schema: 'audit',
    logFolder,
    earlier: [],
    signerSocket: '/nowhere',
    witnesses: new Map<string, string>(),
  };
  await start('audit', auditDatabase(''), (hub) => auditApp({ hub, ...log }));
  await start('requests', requestsDatabase(''), (hub) => requestsApp({ hub }));
  await start('notifications', notificationsDatabase(''), (hub) =>
    notificationsApp({ hub, disclosure: { logAwayMs: 15_000, quorumLostMs: 900_000 }, webhookTargets: 'public' }),
  );
  for (const app of apps.values()) {
    const ready = async () => expect((await app.inject('/readyz')).json()).toMatchObject({ ready: true });
    await eventually(ready, { timeoutMs: 30_000 });
  }
}

/** What a caller puts into the header Authorization when calling a service. */
async function authorizationOf(who: keyof typeof CALLERS, service: string): Promise<string | undefined> {
  const other = service === 'gateway' ? 'directory' : 'gateway';
  const { rs, iq } = community.members as Record<'rs' | 'iq', Member>;
  const signedBy = async (keystore: Keystore) =>
    `Bearer ${await signCallerToken({ participant: rs.urn, audience: serviceUrnOf(service), now: new Date() }, keystore.signer())}`;
  switch (who) {
    case 'nobody':
      return undefined;
    case 'somebody with nonsense':
      return 'Bearer a.b.c';
    case 'a participant':
      return community.authorization('rs', service);
    case 'a participant with a token for another service':
      return community.authorization('rs', other);
    case 'a participant with a token that has ended':
      return community.authorization('rs', service, new Date(Date.now() - 120_000));
    case 'a participant with the key of another one':
      return signedBy(iq.keystore);
    case 'a participant of training':
      return signedBy(training);
    case 'a suspended participant':
      return community.authorization('tr', service);
    case 'a participant who signs as operator':
      return community.operatorAuthorization(service, rs.keystore);
    case 'a service that signs as operator':
      return community.operatorAuthorization(service, community.services['requests']);
    case 'an operator':
      return community.operatorAuthorization(service);
    default:
      return community.operatorAuthorization(other);
  }
}

/** The status of a refusal to a stranger; undefined for whoever was let in, whatever came of the call. */
async function call(service: string, route: HttpRoute, authorization: string | undefined): Promise<number | undefined> {
  const [contentType] = Object.keys(route.bodies ?? {});
  const { statusCode } = await apps.get(service)!.inject({
    method: route.method,
    url: route.path.replaceAll(/\{\w+\}/g, () => '1'),
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
    },
    ...(contentType === undefined ? {} : { payload: '{}' }),
  });
  return statusCode === 401 || statusCode === 403 ? statusCode : undefined;
}

/** Of which any other participant is told that they are not for it. */
const FOR_THE_SECRETARIAT: readonly HttpRoute[] = [AUDIT_API.issueStatistics, AUDIT_API.readStatisticsBasis];

function wanted(route: HttpRoute, who: keyof typeof CALLERS): number | undefined {
  const { security } = route;
  if (who === 'a participant' && FOR_THE_SECRETARIAT.includes(route)) return 403;
  if (security === 'none') return undefined;
  return security === 'operator token' ? CALLERS[who]!.operator : CALLERS[who]!.participant;
}

const ROUTES = Object.entries(SURFACES).flatMap(([service, routes]) =>
  Object.entries(routes).map(([name, route]) => [service, name, route] as const),
);

describe('who may call the hub', () => {
  it.each(ROUTES)('at %s: %s', async (service, _name, route) => {
    const answers: [string, number | undefined][] = [];
    for (const who of Object.keys(CALLERS)) {
      answers.push([who, await call(service, route, await authorizationOf(who, service))]);
    }
    expect(answers).toEqual(Object.keys(CALLERS).map((who) => [who, wanted(route, who)]));
  });

  it.each(Object.keys(SURFACES))('reads in the metrics of %s nothing about anybody', async (service) => {
    const { body } = await apps.get(service)!.inject('/metrics');
    expect(body).toContain('serai_');
    expect(body).not.toMatch(/urn:serai|o-[0-9a-f]{8}|[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });
});
