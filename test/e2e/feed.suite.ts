import { spawn } from 'node:child_process';
import path from 'node:path';
import { DEMO_REQUEST } from '#deploy/local';
import type { SeraiClient } from '#libs/client';
import { type FeedDispute, type FeedEntry, feedDisputed } from '#libs/contracts';
import { eventually } from '#libs/testing';
import type { Lie } from './support/feed-relay.js';
import { query } from './support/hub.js';
import type { World } from './support/world.js';

const toIraq = { ...DEMO_REQUEST, recipients: DEMO_REQUEST.recipients.slice(0, 1) };
const IQ = 'urn:serai:participant:iq';
const PATIENCE = { timeoutMs: 30_000 };

const changed = (text: string): string => {
  const at = text.length - 20;
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
};

/** Whoever stands between the hub and an access point is found out by it, the hub hears of it, and nothing is lost. */
export function feedSuite(world: () => World): void {
  let rs: SeraiClient;
  let iq: SeraiClient;
  beforeAll(() => {
    const cast = world().cast();
    rs = cast.officer('rs.liaison');
    iq = cast.officer('iq.duty');
  });
  afterEach(() => world().feeds.lies.clear());

  /** Where the feed ends, once Iraq has all of it. */
  async function position(): Promise<number> {
    return eventually(async () => {
      const sql = `select sequence from notifications.feed_head where participant = '${IQ}'`;
      const [end] = await query<{ sequence: string }>(world(), 'hub', sql);
      const [cursor] = await query(world(), 'ap_iq', 'select sequence from access_point.feed_cursor');
      expect(cursor).toEqual(end);
      return Number(end?.sequence);
    }, PATIENCE);
  }

  async function feedCheck(): Promise<{ state: string; reason?: string } | undefined> {
    const response = await fetch(new URL('/readyz', world().constellation.addresses['access-point-iq']));
    const { checks } = (await response.json()) as { checks: { name: string; state: string; reason?: string }[] };
    return checks.find(({ name }) => name === 'feed');
  }

  /** `serai disputes`, as an operator of the hub runs it. */
  async function disputes(): Promise<FeedDispute[]> {
    const { founding, addresses } = world().constellation;
    const { path: keystore, passphrase } = founding.keystore('operations');
    const services = `notifications=${addresses['notifications']}`;
    const main = path.resolve('dist/apps/cli/src/main.js');
    const child = spawn(
      process.execPath,
      [main, 'disputes', '--json', '--keystore', keystore, '--services', services],
      {
        env: { ...process.env, SERAI_KEYSTORE_PASSPHRASE: passphrase },
      },
    );
    let result = '';
    child.stdout.on('data', (chunk: Buffer) => (result += chunk.toString()));
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    return JSON.parse(result) as FeedDispute[];
  }

  const lies: [string, FeedDispute['fault'], (entry: FeedEntry) => FeedEntry | undefined][] = [
    ['leaves an entry out', 'GAP', () => undefined],
    ['changes a byte of an event', 'CHANGED', (entry) => ({ ...entry, event: changed(entry.event) })],
    ['changes a byte of the chain', 'CHANGED', (entry) => ({ ...entry, hash: changed(entry.hash) })],
    ['changes a byte of the envelope', 'CHANGED', (entry) => ({ ...entry, cause: changed(entry.cause ?? '') })],
    [
      'sends another entry under its number',
      'CHANGED',
      (entry) => ({ ...entry, hash: entry.hash, event: entry.cause! }),
    ],
  ];

  it.each(lies)('somebody who %s is found out, and nothing is lost', async (_, fault, change) => {
    const before = (await disputes()).length;
    await position();
    // Other things may still be on their way: the lie is about whatever comes next with an envelope.
    let spoilt: number | undefined;
    const lie: Lie = (entry) => {
      if (entry.cause !== undefined) spoilt ??= entry.sequence;
      return entry.sequence === spoilt ? change(entry) : entry;
    };
    world().feeds.lies.set(IQ, lie);
    const { legs } = await rs.submitRequest(toIraq);
    const { legId = '', envelopeId = '' } = legs[0] ?? {};
    await rs.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
    if (fault === 'GAP') await rs.submitRequest(toIraq);
    await eventually(async () => expect(await feedCheck()).toMatchObject({ state: 'not-ready' }), PATIENCE);
    const good = spoilt! - 1;
    expect((await feedCheck())?.reason).toContain(`behind entry ${good} (${fault})`);
    await eventually(async () => expect((await disputes()).length).toBe(before + 1), PATIENCE);
    expect((await disputes())[0]).toMatchObject({ participant: IQ, afterSequence: good, fault, finding: 'INTACT' });
    await expect(iq.leg(legId)).rejects.toMatchObject({ code: 'ERR_REQUEST_NOT_FOUND' });

    world().feeds.lies.clear();
    await rs.waitForLeg(legId, ({ state }) => state?.deliveredAt !== undefined);
    expect((await iq.leg(legId)).legId).toBe(legId);
    expect(await feedCheck()).toMatchObject({ state: 'ready' });
    expect((await disputes()).length).toBe(before + 1);
    await eventually(async () => {
      const reports = await query(
        world(),
        'ap_iq',
        `select 1 from access_point.outgoing_envelope where type = '${feedDisputed.type}' and state <> 'ACCEPTED'`,
      );
      expect(reports).toEqual([]);
    }, PATIENCE);
  });
}
