import { AccessPoint } from './access-point.js';
import { Community, type MemberId } from './community.js';
import { HubDouble } from './hub-double.js';
import { IdentityDouble } from './identity-double.js';

/** A community with its hub and identity provider, and the access points of some members, running. */
export interface World<Member extends MemberId> {
  readonly community: Community;
  readonly hub: HubDouble;
  readonly idp: IdentityDouble;
  readonly accessPoints: Readonly<Record<Member, AccessPoint>>;
  end(): Promise<void>;
}

/** @param prepare what is done before anybody runs */
export async function buildWorld<Member extends MemberId>(
  members: readonly Member[],
  prepare: (community: Community) => Promise<unknown> = async () => undefined,
): Promise<World<Member>> {
  const community = await Community.found();
  await prepare(community);
  const hub = await new HubDouble(community).start();
  const idp = await new IdentityDouble().start();
  const prepared = await Promise.all(members.map((member) => AccessPoint.prepare(member, { community, hub, idp })));
  for (const accessPoint of prepared) {
    await accessPoint.start();
    await accessPoint.whenReady();
  }
  return {
    community,
    hub,
    idp,
    accessPoints: Object.fromEntries(prepared.map((each) => [each.member, each])) as Record<Member, AccessPoint>,
    end: async () => {
      // Whatever one of them does: what is left open keeps the worker of this test alive.
      const disposed = await Promise.allSettled(prepared.map((accessPoint) => accessPoint.dispose()));
      await Promise.all([hub.stop(), idp.stop()]);
      for (const end of disposed) if (end.status === 'rejected') throw end.reason;
    },
  };
}
