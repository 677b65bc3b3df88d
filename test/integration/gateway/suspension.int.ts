import { v7 as uuid7 } from 'uuid';
import type { DirectoryChange } from '#libs/contracts';
import { HubDirectory } from '#libs/hub';
import { eventually, failOnLeaks } from '#libs/testing';
import { Directory } from '#libs/trust';
import { GatewayWorld } from './gateway-world.js';

let world: GatewayWorld;
let directory: Directory;

beforeAll(async () => {
  world = await GatewayWorld.begin();
  directory = Directory.empty('production', world.community.roots);
  for (const change of world.community.genesis) directory = await directory.apply(change);
}, 60_000);
afterAll(() => world?.end(), 30_000);
failOnLeaks();

async function become(type: 'MEMBER' | 'SUSPENDED'): Promise<void> {
  const { urn } = world.community.member('rs');
  const participant = { id: urn, type, name: 'Member rs (synthetic)', routeRoles: [] };
  const effectiveFrom = new Date().toISOString();
  const change = { id: uuid7(), realm: 'production', effectiveFrom, kind: 'participant-admitted', participant };
  directory = await world.community.publishChange(directory, await world.community.change(change as DirectoryChange));
  await eventually(() => expect(world.gateway.get(HubDirectory).current.version).toBe(directory.version));
}

describe('a suspended participant', () => {
  it('hands nothing in and is told so, until it is readmitted; then the same bytes go through', async () => {
    const envelope = await world.community.submission('rs', 'iq');
    await become('SUSPENDED');
    await world.expectRefused(await world.hand(envelope.jws), 403, 'ERR_CALLER_SUSPENDED');
    expect(await world.database.dataSource.query('select 1 from accepted_envelope')).toEqual([]);
    expect((await world.hand((await world.community.submission('iq', 'rs')).jws, { as: 'iq' })).statusCode).toBe(202);
    await become('MEMBER');
    expect((await world.hand(envelope.jws)).statusCode).toBe(202);
    await eventually(() => expect(world.storedWith(envelope)).toBe(1));
  });

  it('must prove who it is before it is told', async () => {
    await become('SUSPENDED');
    const envelope = await world.community.submission('rs', 'iq');
    const forged = `${(await world.community.authorization('rs', 'gateway')).slice(0, -4)}AAAA`;
    await world.expectRefused(
      await world.hand(envelope.jws, { authorization: forged }),
      401,
      'ERR_CALLER_UNAUTHENTICATED',
    );
  });
});
