// Every ECDSA signature (r, s) has a twin (r, n - s) that anybody can compute. Were both accepted, the hub could give an envelope a second hash
// and so make its sender look as if it had signed twice. Only the smaller s is accepted, and signing picks it.
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const HALF_ORDER = ORDER >> 1n;
const COORDINATE_BYTES = 32;

function sOf(signature: Buffer): bigint {
  return BigInt(`0x${signature.toString('hex', COORDINATE_BYTES)}`);
}

/** True when the second half of a raw P-256 signature is the smaller of its two forms. */
export function isLowS(signature: Buffer): boolean {
  return sOf(signature) <= HALF_ORDER;
}

/** The same raw P-256 signature with the smaller S. */
export function toLowS(signature: Buffer): Buffer {
  if (isLowS(signature)) return signature;
  const s = (ORDER - sOf(signature)).toString(16).padStart(2 * COORDINATE_BYTES, '0');
  return Buffer.concat([signature.subarray(0, COORDINATE_BYTES), Buffer.from(s, 'hex')]);
}
