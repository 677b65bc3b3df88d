import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

// Form of a hash: `scrypt$<log2 N>$<r>$<p>$<salt>$<hash>`, salt and hash in base64url.
const COST = { logN: 14, r: 8, p: 1 };
const FORM = /^scrypt\$(\d{2})\$(\d{1,2})\$(\d)\$([\w-]{22})\$([\w-]{43})$/;
const HASH_BYTES = 32;

/** True when the text has the form of {@link hashPassword} and asks for no more work than this program is ready to do. */
export function isPasswordHash(text: string): boolean {
  const [, logN, r, p] = FORM.exec(text) ?? [];
  return logN !== undefined && Number(logN) <= 17 && Number(r) <= 16 && Number(p) <= 4 && Number(logN) >= 10;
}

/** Hashes a password with scrypt and a fresh salt. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, COST);
  const { logN, r, p } = COST;
  return ['scrypt', logN, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** Compares a password with a hash in a time that does not depend on where they differ. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [, logN, r, p, salt = '', hash = ''] = FORM.exec(stored) ?? [];
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
  const derived = await derive(password, Buffer.from(salt, 'base64url'), cost);
  return timingSafeEqual(derived, Buffer.from(hash, 'base64url'));
}

async function derive(password: string, salt: Buffer, { logN, r, p }: typeof COST): Promise<Buffer> {
  const options = { N: 2 ** logN, r, p, maxmem: 256 * 2 ** logN * r };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
