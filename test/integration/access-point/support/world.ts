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

export async function buildWorld<Member extends MemberId>(members: readonly Member[]): Promise<World<Member>> {
  const community = await Community.found();
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
      for (const accessPoint of prepared) await accessPoint.dispose();
      await hub.stop();
      await idp.stop();
    },
  };
}
