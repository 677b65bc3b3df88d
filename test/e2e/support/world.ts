import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Cast, type Constellation, PARTICIPANTS, type RunningCommunity, startConstellation } from '#deploy/local';
import type { BodyOf, SeraiClient } from '#libs/client';
import { participantUrnOf } from '#libs/contracts';
import { testBrokers, testPostgresUrl } from '#libs/testing';
import { MailServer } from '../../integration/notifications/support/mail-server.js';
import { FeedRelay } from './feed-relay.js';
import { deskUrnOf } from './names.js';
import { DatabaseDisk } from './small-disk.js';

const COUNTRIES = ['rs', 'iq', 'tr', 'bg'];
/** Databases of which tests make the disk full. */
const ON_SMALL_DISKS = ['hub', 'ap_iq'];
const PATIENCE_MS = 60_000;

/** One whole constellation: every app as a process of its own, on the PostgreSQL and Kafka of this test run. */
export class World {
  private constructor(
    readonly constellation: Constellation,
    readonly dir: string,
    /** Databases and roles begin with it, topics with it and a dot. */
    readonly namespace: string,
    readonly community: RunningCommunity,
    /** Where the hub's e-mails go. */
    readonly mail: MailServer,
    /** On the way from the hub's feeds to every access point. */
    readonly feeds: FeedRelay,
    /** Small disks of the databases {@link ON_SMALL_DISKS}, by their names; none where this machine can have none. */
    readonly disks: ReadonlyMap<string, DatabaseDisk>,
  ) {}

  static async start(): Promise<World> {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'serai-e2e-'));
    const namespace = `e2e${randomBytes(4).toString('hex')}`;
    const mail = new MailServer();
    const feeds = new FeedRelay();
    const env = {
      SERAI_NOTIFICATIONS_SMTP_URL: await mail.start(),
      SERAI_NOTIFICATIONS_MAIL_FROM: 'nudges@hub.example',
      SERAI_GATEWAY_NOTIFICATIONS_URL: await feeds.start(),
      SERAI_TEST_CLOCKS: clocksOf(dir),
      NODE_OPTIONS: `--import=${path.resolve('test/e2e/support/shifted-clock.mjs')}`,
    };
    fs.mkdirSync(env.SERAI_TEST_CLOCKS);
    const disks = new Map<string, DatabaseDisk>();
    for (const name of ON_SMALL_DISKS) {
      const disk = await DatabaseDisk.mount(dir, `${namespace}_${name}`);
      if (disk) disks.set(name, disk);
    }
    const constellation = await startConstellation({
      checkout: path.resolve('.'),
      dir,
      namespace,
      participants: COUNTRIES,
      ports: 'free',
      env,
      infra: { postgres: { url: testPostgresUrl() }, kafka: { brokers: testBrokers() } },
      log: () => undefined,
    });
    feeds.target = constellation.addresses['notifications'];
    return new World(constellation, dir, namespace, communityOf(constellation), mail, feeds, disks);
  }

  async stop(): Promise<void> {
    await this.constellation.stop();
    await this.mail.stop();
    await this.feeds.stop();
    await this.constellation.dropDatabases();
    for (const disk of this.disks.values()) await disk.unmount();
    fs.rmSync(this.dir, { recursive: true, force: true });
  }

  /** Fresh log-ins: a new cast for each story. */
  cast(): Cast {
    return new Cast(this.community, PATIENCE_MS);
  }

  /** An officer whose client does not repeat what is refused for now. */
  impatient(login: string): SeraiClient {
    return new Cast(this.community, 0).officer(login);
  }

  /** Makes the clock of a participant's access point wrong by so much, from now on. */
  shiftClock(participant: string, byMs: number): void {
    fs.writeFileSync(path.join(clocksOf(this.dir), participant), String(byMs));
  }

  /** Sends a request and waits until the addressees have it. Resolves to the ids of the legs, in the order of the recipients. */
  async deliver(by: SeraiClient, request: BodyOf<'submitRequest'>): Promise<string[]> {
    const { legs } = await by.submitRequest(request);
    for (const { legId, envelopeId } of legs) {
      await by.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
      await by.waitForLeg(legId, ({ state }) => state?.deliveredAt !== undefined);
    }
    return legs.map(({ legId }) => legId);
  }
}

const clocksOf = (dir: string): string => path.join(dir, 'clocks');

function communityOf({ addresses, founding }: Constellation): RunningCommunity {
  const seeded = PARTICIPANTS.filter(({ id }) => COUNTRIES.includes(id));
  return {
    issuer: addresses['identity-provider'] ?? '',
    rootKeys: founding.rootKeys,
    participants: seeded.map(({ id }) => ({
      id,
      urn: participantUrnOf(id),
      accessPoint: addresses[`access-point-${id}`] ?? '',
    })),
    officers: seeded.flatMap(({ id, officers }) =>
      officers.map(({ login, name, desks }) => ({
        login,
        name,
        password: founding.demoPassword,
        participant: participantUrnOf(id),
        desks: desks.map((desk) => deskUrnOf(id, desk)),
      })),
    ),
  };
}
