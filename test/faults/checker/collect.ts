import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { feedPage, MAX_FEED_PAGE, NOTIFICATIONS_API, serviceUrnOf } from '#libs/contracts';
import { openKeystore, signCallerToken } from '#libs/envelope';
import type { ExchangeLoad } from '../load/exchange-load.js';
import type { Target } from '../protocol.js';
import type { EntryRow, Evidence, SideEvidence } from './evidence.js';
import { EvidenceRepository } from './evidence.repository.js';
import { type SigningKeys, signingKeysOf } from './signed-bytes.js';

const SETTLE_MS = 180_000;
const LOOK_EVERY_MS = 500;

type Side = Target['rs'];

/** Everything that the check needs, read once nothing is under way any more. */
export async function collect(
  target: Target,
  load: Pick<ExchangeLoad, 'begun' | 'promised'>,
): Promise<{ evidence: Evidence; keys: SigningKeys }> {
  const [rs, iq] = [await connect(target, target.rs), await connect(target, target.iq)];
  try {
    await untilSettled([rs, iq]);
    const { begun, promised } = load;
    const evidence = {
      begun,
      promised,
      rs: await sideOf(target, target.rs, rs),
      iq: await sideOf(target, target.iq, iq),
    };
    return { evidence, keys: signingKeysOf(JSON.parse(readFileSync(target.genesis, 'utf8'))) };
  } finally {
    await Promise.all([rs.end(), iq.end()]);
  }
}

const connect = (target: Target, { database }: Side): Promise<EvidenceRepository> =>
  EvidenceRepository.connect(target.postgresUrl, database);

/** Waits for the hub's word on everything, twice in a row: the last word may make the other side sign something. What never settles is found by the check. */
async function untilSettled(sides: readonly EvidenceRepository[]): Promise<void> {
  const deadline = Date.now() + SETTLE_MS;
  for (let quiet = 0; quiet < 4 && Date.now() < deadline; ) {
    const undecided = await Promise.all(sides.map((side) => side.undecided()));
    quiet = undecided.every((count) => count === 0) ? quiet + 1 : 0;
    await sleep(LOOK_EVERY_MS);
  }
}

async function sideOf(target: Target, side: Side, repository: EvidenceRepository): Promise<SideEvidence> {
  // The feed first and the cursor after: an access point that follows can only be further.
  const feed = await readFeed(target.apps['notifications'] ?? '', side);
  return { participant: side.participant, feed, ...(await repository.held()) };
}

/** The whole feed of a participant, as its access point gets it. */
async function readFeed(address: string, { participant, keystore }: Side): Promise<EntryRow[]> {
  const signer = (await openKeystore(keystore.path, keystore.passphrase)).signer();
  const entries: EntryRow[] = [];
  for (;;) {
    const url = new URL(NOTIFICATIONS_API.readFeed.path, address);
    url.search = String(new URLSearchParams({ after: String(entries.length), limit: String(MAX_FEED_PAGE) }));
    const claims = { participant, audience: serviceUrnOf('notifications'), now: new Date() };
    const authorization = `Bearer ${await signCallerToken(claims, signer)}`;
    const response = await fetch(url, { headers: { authorization, accept: 'application/json' } });
    const page = feedPage.parse(await response.json());
    if (page.entries.length === 0) return entries;
    entries.push(...page.entries);
  }
}
