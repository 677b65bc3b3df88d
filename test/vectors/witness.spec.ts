import {
  decideAddCheckpoint,
  parseVerifierKey,
  readAddCheckpoint,
  SIGNATURE_TYPE,
  type VerifierKey,
  verifierKeyOf,
  type WitnessedHead,
} from '#libs/transparency-log';
import { vectorsOf } from './vectors-of.js';

interface WitnessVectors {
  readonly source: string;
  readonly witnesses: {
    name: string;
    origin: string;
    vkey?: string;
    publicKey?: string;
    steps: { request: string; status: number; body?: string }[];
  }[];
}

const { source, witnesses } = vectorsOf<WitnessVectors>('witness.json');

/** Theirs to the second step is 403: they look at the signature, whose base64 has stray bits; to us it is not well-formed. */
const OUR_STATUS: Record<string, Record<number, number>> = { 'a Sigsum log': { 1: 400 } };

function keyOf({ origin, vkey, publicKey = '' }: WitnessVectors['witnesses'][number]): VerifierKey {
  if (vkey !== undefined) return parseVerifierKey(vkey);
  return verifierKeyOf(origin, SIGNATURE_TYPE.ED25519, Buffer.from(publicKey, 'hex'));
}

describe(`a witness, step by step (${source})`, () => {
  it.each(witnesses)('of $name', (witness) => {
    const key = keyOf(witness);
    let head: WitnessedHead | undefined;
    const answers = witness.steps.map(({ request }) => {
      const read = readAddCheckpoint(Buffer.from(request), (origin) => (origin === witness.origin ? [key] : []));
      if (read.status !== undefined) return read;
      const decision = decideAddCheckpoint(read, head);
      if (decision.status === 200) head = decision.head;
      return decision;
    });
    const expected = witness.steps.map(({ status }, step) => OUR_STATUS[witness.name]?.[step] ?? status);
    expect(answers.map(({ status }) => status)).toEqual(expected);
    const conflicts = answers.flatMap((answer) => (answer.status === 409 ? [answer.body] : []));
    expect(conflicts).toEqual(witness.steps.flatMap(({ body }) => body ?? []));
  });
});
