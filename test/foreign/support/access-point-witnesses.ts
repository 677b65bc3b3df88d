import { type SignerKey, serialiseVerifierKey } from '#libs/transparency-log';
import { logPolicyChange } from '../../integration/access-point/support/community.js';
import { buildWorld, type World } from '../../integration/access-point/support/world.js';
import { TcpProxy } from '../../integration/tcp-proxy.js';

const MEMBERS = ['rs', 'iq', 'tr', 'bg'] as const;
type Member = (typeof MEMBERS)[number];

/** The access points of a community, each a witness, and the paths to them. */
export class AccessPointWitnesses {
  private constructor(
    private readonly world: World<Member>,
    private readonly paths: ReadonlyMap<Member, TcpProxy>,
    private readonly logs: readonly SignerKey[],
  ) {}

  /** @param logs that the community's policy names, beside its own */
  static async begin(logs: readonly SignerKey[]): Promise<AccessPointWitnesses> {
    const world = await buildWorld(MEMBERS, (community) =>
      community.change(logPolicyChange(linesOf(logs) + community.log.policy)),
    );
    const paths = new Map<Member, TcpProxy>();
    for (const member of MEMBERS) {
      const { hostname, port } = new URL(await world.accessPoints[member].url());
      paths.set(member, await TcpProxy.to(hostname, Number(port)));
    }
    return new AccessPointWitnesses(world, paths, logs);
  }

  async end(): Promise<void> {
    for (const path of this.paths.values()) await path.close();
    await this.world.end();
  }

  path(member: Member): TcpProxy {
    return this.paths.get(member)!;
  }

  /** The policy of the community, which asks for three of four, with the addresses of the witnesses. */
  get policy(): string {
    return (linesOf(this.logs) + this.world.community.log.policy).replaceAll(
      /^witness (\w+) .*$/gm,
      (line, member: Member) => `${line} http://127.0.0.1:${this.path(member).port}/witness`,
    );
  }

  /** Size and root of the newest head that each has cosigned and keeps. */
  async heads(origin: string): Promise<(string | undefined)[]> {
    const asked = MEMBERS.map((member) =>
      this.world.accessPoints[member].query<{ head: string }>(
        `select size || ' ' || encode(root, 'hex') as head from witness_head where origin = $1`,
        [origin],
      ),
    );
    return (await Promise.all(asked)).map(([row]) => row?.head);
  }

  async sizes(origin: string): Promise<number[]> {
    return (await this.heads(origin)).map((head) => Number(head?.split(' ')[0] ?? 0));
  }
}

function linesOf(logs: readonly SignerKey[]): string {
  return logs.map(({ key }) => `log ${serialiseVerifierKey(key)}\n`).join('');
}
