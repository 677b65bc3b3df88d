// Curve and field of RFC 8032 section 5.1; points are projective (X, Y, Z). Only public keys pass here, so time may vary.
const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const SQRT_MINUS_ONE = 19681161376707505956807079304988542015446066515923890162744021073123829784752n;
const SIGN_BIT = 1n << 255n;
const ENCODED_BYTES = 32;

interface Point {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
}

/**
 * Why 32 bytes are no Ed25519 public key that we register, or undefined for a good one. Refused are encodings that are not canonical (y not below p,
 * or minus zero), points off the curve, and the eight points of small order: with those, one signature fits many messages.
 */
export function weaknessOfEd25519(encoded: Uint8Array): string | undefined {
  if (encoded.length !== ENCODED_BYTES) return 'wrong length';
  const word = BigInt(`0x${Buffer.from(encoded).reverse().toString('hex')}`);
  const isOdd = (word & SIGN_BIT) !== 0n;
  const y = word & (SIGN_BIT - 1n);
  if (y >= P) return 'not canonical';
  const x = recoverX(y, isOdd);
  if (x === undefined) return 'not on the curve';
  if (x === 0n && isOdd) return 'not canonical';
  const eightfold = double(double(double({ x, y, z: 1n })));
  return eightfold.x === 0n && eightfold.y === eightfold.z ? 'small order' : undefined;
}

/** RFC 8032 section 5.1.3: x = sqrt((y^2 - 1) / (d y^2 + 1)) with the asked parity. */
function recoverX(y: bigint, isOdd: boolean): bigint | undefined {
  const u = mod(y * y - 1n);
  const v = mod(D * y * y + 1n);
  const v3 = mod(v * v * v);
  const candidate = mod(u * v3 * power(mod(u * v3 * v3 * v), (P - 5n) / 8n));
  const square = mod(v * candidate * candidate);
  if (square !== u && square !== mod(-u)) return undefined;
  const x = square === u ? candidate : mod(candidate * SQRT_MINUS_ONE);
  return ((x & 1n) === 1n) === isOdd ? x : mod(-x);
}

/** RFC 8032 section 5.1.4. */
function double({ x, y, z }: Point): Point {
  const a = mod(x * x);
  const b = mod(y * y);
  const h = mod(a + b);
  const e = mod(h - (x + y) ** 2n);
  const g = mod(a - b);
  const f = mod(2n * z * z + g);
  return { x: mod(e * f), y: mod(g * h), z: mod(f * g) };
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = mod(square * square)) {
    if ((rest & 1n) === 1n) result = mod(result * square);
  }
  return result;
}

function mod(value: bigint): bigint {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}
