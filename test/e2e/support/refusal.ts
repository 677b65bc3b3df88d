import { readFileSync } from 'node:fs';
import { directoryOf, type SeraiClient, SeraiProblem, type VerifiedProof, verifyProof } from '#libs/client';
import { parseRootKeys } from '#libs/trust';
import type { World } from './world.js';

/** Code with which an access point refuses an officer at once; the test fails when it does not. */
export async function refusedAtOnce(work: Promise<unknown>): Promise<string> {
  const outcome: unknown = await work.catch((error: unknown) => error);
  if (outcome instanceof SeraiProblem) return outcome.code;
  throw new Error(`expected a refusal, got ${JSON.stringify(outcome) ?? String(outcome)}`);
}

/** The proof of a message as one side holds it, verified with nothing but the root keys. */
export async function provenBy(
  world: World,
  by: SeraiClient,
  legId: string,
  envelopeId: string,
): Promise<VerifiedProof> {
  const roots = parseRootKeys(readFileSync(world.community.rootKeys, 'utf8'));
  return verifyProof(await by.proof(legId, envelopeId), await directoryOf(await by.directoryChanges(), roots));
}

/** Code of the hub's signed refusal of an envelope; the test fails when there is none, or its signature does not hold. */
export async function refusedSigned(
  world: World,
  by: SeraiClient,
  sent: { readonly legId: string; readonly envelopeId?: string },
): Promise<string | undefined> {
  const { legId, envelopeId = '' } = sent;
  const { problem } = await by.waitForEnvelope(envelopeId, { until: 'DECIDED' });
  const { refusedWith } = await provenBy(world, by, legId, envelopeId);
  if (refusedWith !== problem?.code) throw new Error(`shown ${problem?.code}, signed ${refusedWith}`);
  return refusedWith;
}
