import { isSeraiError } from '#libs/errors';
import { mutationsOf } from './mutations.js';
import { LARGEST, type Subject, SubjectTree } from './subject.js';
import { NOTHING, sum, sweepSize, sweepSubject } from './sweep.js';

/** In how many turns everything has been asked. */
const TURNS = 256;
const EXHAUSTED = 10;
/** Another part each day; the variable repeats that of another day. */
const turn = Number(process.env['SERAI_TEST_TURN'] ?? Math.floor(Date.now() / 86_400_000) % TURNS);

let stackTraceLimit: number;
beforeAll(() => {
  ({ stackTraceLimit } = Error);
  // Millions of refusals are made here.
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

async function sweepSizes(from: number, to: number, part?: Parameters<typeof sweepSize>[1]) {
  let tally = NOTHING;
  for (let size = from; size <= to; size += 1) tally = sum(tally, await sweepSize(size, part));
  return tally;
}

describe('the real verifier', () => {
  it(`is right about every change of every proof of up to ${EXHAUSTED} leaves`, async () => {
    const { proofs, refused, wrong } = await sweepSizes(1, EXHAUSTED);
    expect(wrong).toEqual([]);
    expect(proofs).toBe(EXHAUSTED * (EXHAUSTED + 1));
    expect(refused).toBeGreaterThan(250_000);
  }, 120_000);

  it(`is right about part ${turn} of ${TURNS} of the changes of every proof of up to ${LARGEST} leaves`, async () => {
    process.stderr.write(`Changes of proofs: part ${turn} of ${TURNS} (SERAI_TEST_TURN=${turn}).\n`);
    const { proofs, refused, wrong } = await sweepSizes(1, LARGEST, { step: TURNS, turn });
    expect(wrong).toEqual([]);
    expect(proofs).toBe(LARGEST * (LARGEST + 1));
    expect(refused).toBeGreaterThan(1_000_000);
  }, 240_000);
});

describe(sweepSubject.name, () => {
  let subject: Subject;
  beforeAll(async () => {
    subject = await new SubjectTree().inclusion(5, 7);
  });
  /** What would be wrong with a verifier that takes these for true as well. */
  const wrongIf = (isLetThrough: (proof: readonly Uint8Array[]) => boolean) =>
    sweepSubject({
      ...subject,
      verify: (proof) => {
        try {
          subject.verify(proof);
        } catch (error) {
          if (!isSeraiError(error) || !isLetThrough(proof)) throw error;
        }
      },
    }).wrong;

  it('asks everything in as many turns as there are parts, and nothing twice', () => {
    let tally = NOTHING;
    for (let next = 0; next < TURNS; next += 1) tally = sum(tally, sweepSubject(subject, { step: TURNS, turn: next }));
    const whole = sweepSubject(subject);
    expect({ ...tally, proofs: 1 }).toEqual(whole);
    const asked = mutationsOf(subject).reduce((questions, { length }) => questions + length, 0);
    expect(whole.refused + whole.equivalent).toBe(asked);
  });

  it('notices a verifier that overlooks one bit, one hash or the length', async () => {
    const [proof, given] = [subject.proof.map((hash) => Buffer.from(hash)), subject.given.length];
    const isBut = (other: readonly Uint8Array[], masks: number[]) =>
      other.length === proof.length && other.every((hash, place) => hash[31] === (proof[place]![31]! ^ masks[place]!));
    expect(wrongIf(() => false)).toEqual([]);
    expect(wrongIf((other) => isBut(other, [0, 0x80, 0]))).toEqual([`${subject.name}, bit 255 of hash 1: accepted`]);
    expect(wrongIf((other) => other.length === proof.length + 1).length).toBe(proof.length + 2 * given + 2);
    expect(wrongIf((other) => other.length < proof.length)).toHaveLength(proof.length + 1);
  });

  it('notices a verifier that refuses too much, and one that takes any number', async () => {
    expect(() => sweepSubject({ ...subject, verify: () => subject.verify([]) })).toThrow('The Merkle proof');
    const deaf = (questions: Subject['renumbered'][number]) => ({
      length: questions.length,
      at: (place: number) => ({ ...questions.at(place), verify: () => undefined }),
    });
    for (const [place, questions] of subject.renumbered.entries()) {
      const renumbered = subject.renumbered.with(place, deaf(questions));
      expect(sweepSubject({ ...subject, renumbered }).wrong.length).toBeGreaterThan(0);
    }
  });

  it('takes another size for the same statement only where the path takes the same turns', async () => {
    // The first leaf of three and of four: its sibling, then what is to the right of both.
    const { equivalent, wrong } = sweepSubject(await new SubjectTree().inclusion(0, 3));
    expect([equivalent > 0, wrong]).toEqual([true, []]);
    expect(sweepSubject(await new SubjectTree().inclusion(2, 3)).equivalent).toBe(0);
  });
});
