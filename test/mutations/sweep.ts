import { isSeraiError } from '#libs/errors';
import { mutationsOf } from './mutations.js';
import { LARGEST, type Subject, SubjectTree } from './subject.js';

/** What came of asking. */
export interface Tally {
  /** True proofs, each accepted as it is. */
  readonly proofs: number;
  /** Changes that were refused. */
  readonly refused: number;
  /** Changes that left a true statement, and were accepted: another size of the same shape. */
  readonly equivalent: number;
  /** What the verifier got wrong; empty, or its answer is worth nothing. */
  readonly wrong: readonly string[];
}

/** Every `step`th change of each proof, another one for each proof and turn; after `step` turns all have been asked. */
export interface Part {
  readonly step: number;
  readonly turn: number;
}

export const NOTHING: Tally = { proofs: 0, refused: 0, equivalent: 0, wrong: [] };
const EVERYTHING: Part = { step: 1, turn: 0 };
const tree = new SubjectTree();

/** Changes every proof of inclusion in a tree of this size, and every proof of consistency of an older one with it. */
export async function sweepSize(size: number, part = EVERYTHING): Promise<Tally> {
  if (size < 1 || size > LARGEST) throw new RangeError(`Trees have 1 to ${LARGEST} leaves here.`);
  let tally = NOTHING;
  for (let number = 0; number < size; number += 1) {
    const turned = { ...part, turn: part.turn + number + size };
    tally = sum(tally, sweepSubject(await tree.inclusion(number, size), turned));
    tally = sum(tally, sweepSubject(await tree.consistency(number + 1, size), turned));
  }
  return tally;
}

/** Asks the real verifier about a proof as it is, before and after all its changes, and about each of them. */
export function sweepSubject(subject: Subject, { step, turn } = EVERYTHING): Tally {
  subject.verify(subject.proof);
  let [refused, equivalent] = [0, 0];
  const wrong: string[] = [];
  let first = turn % step;
  for (const mutations of mutationsOf(subject)) {
    let place = first;
    for (; place < mutations.length; place += step) {
      const { name, verify, isTrue } = mutations.at(place);
      const accepted = isAccepted(verify);
      if (accepted !== isTrue) wrong.push(`${subject.name}, ${name()}: ${accepted ? 'accepted' : 'refused'}`);
      else if (accepted) equivalent += 1;
      else refused += 1;
    }
    first = place - mutations.length;
  }
  subject.verify(subject.proof);
  return { proofs: 1, refused, equivalent, wrong };
}

export function sum(one: Tally, other: Tally): Tally {
  return {
    proofs: one.proofs + other.proofs,
    refused: one.refused + other.refused,
    equivalent: one.equivalent + other.equivalent,
    wrong: [...one.wrong, ...other.wrong].slice(0, 100),
  };
}

function isAccepted(verify: () => void): boolean {
  try {
    verify();
    return true;
  } catch (error) {
    if (isSeraiError(error, 'ERR_LOG_PROOF')) return false;
    throw error;
  }
}
