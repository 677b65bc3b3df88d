export { decryptStream, encryptStream } from './cipher/attachment-cipher.js';
export type { StreamParameters } from './cipher/stream-parameters.js';
