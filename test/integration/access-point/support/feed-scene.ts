import type { LegView } from '#libs/contracts';
import type { SignedEnvelope } from '#libs/envelope';
import { eventually } from '#libs/testing';
import type { Answer, OfficerClient } from './access-point.js';
import { urnOf } from './community.js';
import { ForeignSender } from './foreign-sender.js';
import { buildWorld, type World } from './world.js';

/** An access point of Iraq that follows its feed, with a Serbian one that writes to it. */
export class FeedScene {
  readonly serbia: ForeignSender;
  readonly karim: OfficerClient;

  private constructor(readonly world: World<'iq'>) {
    this.serbia = new ForeignSender(world.community, 'rs', 'iq');
    this.karim = world.accessPoints.iq.officer('NCC_DUTY_OFFICER');
  }

  static async set(): Promise<FeedScene> {
    return new FeedScene(await buildWorld(['iq']));
  }

  legOf(legId: string): Promise<Answer<LegView>> {
    return this.karim.get<LegView>(`/v1/legs/${legId}`);
  }

  /** Resolves when the access point has read its feed to the end. */
  async followed(): Promise<void> {
    const { accessPoints, hub } = this.world;
    await eventually(async () => {
      const [cursor] = await accessPoints.iq.query<{ sequence: string }>('select sequence from feed_cursor');
      expect(Number(cursor?.sequence ?? 0)).toBe(hub.services.feedOf(urnOf('iq')).length);
    });
  }

  /** Codes of the entries in quarantine. */
  async quarantine(): Promise<string[]> {
    const rows = await this.world.accessPoints.iq.query<{ code: string }>(
      'select code from quarantined_entry order by sequence',
    );
    return rows.map(({ code }) => code);
  }

  /** Serves entries and says what of them came into quarantine. */
  async codesAfter(serve: () => Promise<void> | void): Promise<string[]> {
    const before = (await this.quarantine()).length;
    await serve();
    await this.followed();
    return (await this.quarantine()).slice(before);
  }

  /** An honest request that arrives. */
  async receiveRequest(): Promise<{ envelope: SignedEnvelope; legId: string }> {
    const envelope = await this.serbia.request();
    expect(await this.codesAfter(() => this.world.hub.services.decide(envelope))).toEqual([]);
    return { envelope, legId: envelope.event.subject };
  }
}
