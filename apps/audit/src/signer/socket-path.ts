import { text } from '#libs/config';

/** What fits into the address of a Unix domain socket on every system. */
const LONGEST = 100;

/** Path of the socket between audit and the signer. */
export const socketPath = text.refine(
  (path) => Buffer.byteLength(path) <= LONGEST,
  `must be a path of at most ${LONGEST} bytes`,
);
