import { SeraiError } from '#libs/errors';
import { LANGUAGES, summarise } from '../summary/summarise.js';
import { type TrustAnchors, verifyPack } from '../verify/verify-pack.js';
import { type PackParts, writePack } from './write-pack.js';

/**
 * Makes an evidence pack that will be believed: verifies all of it as a stranger would, and writes the summaries from what was verified.
 *
 * @param parts everything but the summaries
 * @throws SeraiError ERR_EVIDENCE_RULE for parts that do not hold together, with the first rule that failed
 * @example const zip = await makePack({ realm, leg, messages, logs, directory }, { roots })
 */
export async function makePack(parts: Omit<PackParts, 'summaries'>, anchors: TrustAnchors): Promise<Buffer> {
  const { facts, checks } = await verifyPack(writePack({ ...parts, summaries: new Map() }), anchors);
  if (facts === undefined) {
    const failed = checks.find(({ holds }) => !holds);
    throw new SeraiError(
      'ERR_EVIDENCE_RULE',
      `No evidence pack can be made of this: ${failed?.rule}: ${failed?.reason}`,
      {
        detail: { rule: failed?.rule, about: failed?.about },
      },
    );
  }
  return writePack({
    ...parts,
    summaries: new Map(LANGUAGES.map((language) => [language, summarise(facts, language)])),
  });
}
