import type { Questions, Subject } from './subject.js';

const BITS = 256;

/** Every single change of a proof: each bit of each hash, its hashes in every other arrangement of one step, its numbers. */
export function mutationsOf(subject: Subject): readonly Questions[] {
  return [flippedBits(subject), rearranged(subject), ...subject.renumbered];
}

/** Each bit of each hash that the verifier is given: of the proof, of leaf and roots. */
function flippedBits({ given, proof, verify }: Subject): Questions {
  const at = (place: number) => {
    const [which, bit] = [Math.floor(place / BITS), place % BITS];
    const flip = () => {
      given[which]![bit >> 3]! ^= 1 << (bit & 7);
    };
    const verifyFlipped = () => {
      flip();
      try {
        verify(proof);
      } finally {
        flip();
      }
    };
    return { name: () => `bit ${bit} of hash ${which}`, verify: verifyFlipped, isTrue: false };
  };
  return { length: BITS * given.length, at };
}

/** Each hash of the proof left out, doubled, in another's place; hashes in front and behind; nothing. */
function rearranged({ given, proof, verify }: Subject): Questions {
  const { length } = proof;
  const arrangements = [
    ...Array.from({ length }, (_, which) => () => proof.toSpliced(which, 1)),
    ...Array.from({ length }, (_, which) => () => proof.toSpliced(which, 0, proof[which]!)),
    ...pairsBelow(length).map(
      ([one, other]) =>
        () =>
          proof.with(one, proof[other]!).with(other, proof[one]!),
    ),
    ...pairsBelow(length).map(
      ([one, other]) =>
        () =>
          proof.with(one, proof[other]!),
    ),
    ...pairsBelow(length).map(
      ([one, other]) =>
        () =>
          proof.with(other, proof[one]!),
    ),
    ...given.map((hash) => () => [...proof, hash]),
    ...given.map((hash) => () => [hash, ...proof]),
    () => [...proof, Buffer.alloc(32)],
    () => [Buffer.alloc(32), ...proof],
    ...(length > 1 ? [() => [], () => proof.toReversed()] : []),
  ];
  const at = (place: number) => ({
    name: () => `arrangement ${place}`,
    verify: () => verify(arrangements[place]!()),
    isTrue: false,
  });
  return { length: arrangements.length, at };
}

function pairsBelow(length: number): (readonly [number, number])[] {
  return Array.from({ length }, (_, other) => Array.from({ length: other }, (_, one) => [one, other] as const)).flat();
}
