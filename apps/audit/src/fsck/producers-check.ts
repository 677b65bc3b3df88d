import type { FsckRepository } from './fsck.repository.js';
import type { FsckNotes } from './fsck-report.js';

/** More are not listed; they are likely to have one cause. */
const MOST_LISTED = 1_000;

/**
 * Producers number their envelopes without gaps. Numbers are what envelopes claim: where a finding comes up, look at the leaf's envelope, which may be a forgery that
 * was parked.
 */
export async function checkProducers(
  repository: FsckRepository,
  settleSeconds: number,
  notes: FsckNotes,
): Promise<void> {
  const { producers, leaves } = await repository.numbered();
  notes.look('producers', producers);
  notes.look('leaves', leaves);
  for (const { index, producer, number, before } of await repository.brokenNumbers(settleSeconds, MOST_LISTED)) {
    if (number === before) notes.find('NUMBER_REUSED', { leaf: index, producer, number });
    else notes.find('NUMBER_MISSING', { leaf: index, producer, number, before });
  }
}
