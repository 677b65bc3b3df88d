import type { RootKeys } from '#libs/trust';
import type { PackFiles } from '../pack/pack-files.js';
import { readPack } from '../pack/read-pack.js';
import { readZip } from '../pack/zip.js';
import { isLanguage, summarise } from '../summary/summarise.js';
import { factsOf, type PackFacts } from './facts.js';
import { demand, Report, type Verdict } from './report.js';
import { foldDirectory, verifyStatement } from './verify-directory.js';
import { verifyLeg } from './verify-leg.js';
import { CheckpointJudge, LogVerifier } from './verify-log.js';
import { type VerifiedMessage, verifyMessage } from './verify-message.js';

/** What whoever checks believes beforehand. Nothing in a pack is believed for itself. */
export interface TrustAnchors {
  /** The keys of the community's chairs, got by another way than the pack. */
  readonly roots: RootKeys;
}

/**
 * Verifies an evidence pack without network and without the hub: form, directory, log, each message, the leg as a whole, the summaries.
 *
 * @param zip the bytes of the file
 * @returns every check that was made; never throws for what the pack contains
 * @example const { holds, checks, facts } = await verifyPack(await readFile('leg.zip'), { roots: parseRootKeys(json) })
 */
export async function verifyPack(zip: Uint8Array, anchors: TrustAnchors): Promise<Verdict<PackFacts>> {
  const report = new Report();
  const read = await report.attempt(
    'pack-form',
    undefined,
    () => readZip(zip),
    ({ damaged }) => damaged.map((path) => `${path} is damaged: its bytes do not fit its check sum.`),
  );
  if (read === undefined) return report.verdict();
  const listed = await report.attempt(
    'pack-manifest',
    undefined,
    () => readPack(read.files),
    ({ lies }) => lies,
  );
  if (listed === undefined) return report.verdict();
  const facts = await verifyFiles(listed.pack, anchors, report);
  if (facts !== undefined) await verifySummaries(listed.pack, facts, report);
  return report.verdict(facts);
}

async function verifyFiles(pack: PackFiles, { roots }: TrustAnchors, report: Report): Promise<PackFacts | undefined> {
  const { realm, leg } = pack;
  const directory = await report.attempt('directory-chain', 'directory/changes.json', () =>
    foldDirectory(pack.changes, realm, roots),
  );
  if (directory === undefined) return undefined;
  const logs = new LogVerifier(new CheckpointJudge(directory), report);
  for (const files of pack.logs) await logs.addNewest(files);
  const messages: VerifiedMessage[] = [];
  for (const files of pack.messages) {
    const message = await verifyMessage(files, { directory, logs, report, realm, leg });
    if (message !== undefined) messages.push(message);
  }
  await logs.verifyConsistency();
  const last = new Date(Math.max(0, ...messages.map(({ record }) => Date.parse(record.acceptedAt))));
  const statedAt = await report.attempt('directory-statement', 'directory/statement.jws', () =>
    verifyStatement(pack.statement, directory, last),
  );
  // What the messages say together means nothing while one of them does not hold.
  if (messages.length < pack.messages.length) return undefined;
  const verified = await verifyLeg(messages, report);
  if (verified === undefined || statedAt === undefined || !report.holds) return undefined;
  return factsOf({ directory, statedAt, leg: verified, messages, newest: logs.newest });
}

async function verifySummaries(pack: PackFiles, facts: PackFacts, report: Report): Promise<void> {
  for (const [language, text] of pack.summaries) {
    await report.attempt('summary', `summary/${language}.txt`, () => {
      demand(isLanguage(language), 'There are no summaries in this language.');
      demand(text.equals(Buffer.from(summarise(facts, language))), 'It says something else than the verified files.');
    });
  }
}
