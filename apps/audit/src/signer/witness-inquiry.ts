import { setTimeout as pause } from 'node:timers/promises';
import { SeraiError } from '#libs/errors';
import { serialiseAddCheckpoint } from '#libs/transparency-log';
import type { WitnessAddresses } from '../witness/witness-addresses.js';
import { callWitness, type WitnessAnswer } from '../witness/witness-call.js';
import type { SignedHead } from './signed-head.js';
import type { SignerLog } from './signer-log.js';

const CALL_TIMEOUT_MS = 5_000;
const AGAIN_AFTER_MS = 2_000;

/**
 * Asks the witnesses whether they have seen more of the log than its signer remembers: it hands them what it signed last. So many must confirm that they have not as a
 * policy needs for a quorum, `1 + floor(2n / 3)`: whatever enough witnesses ever cosigned, one honest witness among those who answer has cosigned too. One
 * that has seen more, or another root, is enough to refuse. Those who do not answer, or do not know the log yet, are asked again, for as long as it takes.
 *
 * @throws SeraiError ERR_LOG_ROLLBACK
 */
export async function awaitWitnesses(
  last: SignedHead,
  witnesses: WitnessAddresses,
  log: SignerLog,
  signal: AbortSignal,
): Promise<void> {
  const needed = 1 + Math.floor((2 * witnesses.size) / 3);
  const confirmed = new Set<string>();
  const body = serialiseAddCheckpoint({ oldSize: last.head.size, proof: [], checkpoint: last.note });
  while (!signal.aborted) {
    const missing = [...witnesses].filter(([name]) => !confirmed.has(name));
    const ask = async ([name, url]: readonly [string, string]) => {
      if (confirms(name, last.head.size, await callWitness(url, body, CALL_TIMEOUT_MS, signal))) confirmed.add(name);
    };
    await Promise.all(missing.map(ask));
    if (confirmed.size >= needed) return;
    log.warn('waiting for witnesses', { confirmed: [...confirmed], needed });
    await pause(AGAIN_AFTER_MS, undefined, { signal }).catch(() => undefined);
  }
}

function confirms(name: string, size: number, answer: WitnessAnswer): boolean {
  if (answer.outcome === 'fork' || (answer.outcome === 'conflict' && answer.size === size))
    throw rollback(name, `says that the log had another root at size ${size}`);
  if (answer.outcome === 'conflict' && answer.size > size)
    throw rollback(name, `has seen size ${answer.size} of the log, and the signer remembers ${size} only`);
  return answer.outcome === 'cosigned' || answer.outcome === 'conflict';
}

function rollback(witness: string, finding: string): SeraiError {
  return new SeraiError(
    'ERR_LOG_ROLLBACK',
    `The witness ${witness} ${finding}. What was restored from a copy is too old, or the witness errs: put the newest checkpoint that the log ever published into the signer's folder, restore database and tiles up to it, or settle it with who runs the witness.`,
    { detail: { witness } },
  );
}
