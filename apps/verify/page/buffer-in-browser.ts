import { Buffer as BrowserBuffer } from 'buffer';

// The well-kept Buffer for browsers lacks one encoding of Node's, base64url, and compares itself with other Buffers only.

const URL_SAFE = 'base64url';
const { from } = BrowserBuffer;
const { toString: encode } = BrowserBuffer.prototype;

BrowserBuffer.from = ((value: never, encoding?: unknown, ...rest: never[]) =>
  from(value, (encoding === URL_SAFE ? 'base64' : encoding) as never, ...rest)) as typeof from;

BrowserBuffer.prototype.toString = function (
  this: Buffer,
  encoding?: BufferEncoding,
  begin?: number,
  end?: number,
): string {
  if (encoding !== URL_SAFE) return encode.call(this, encoding, begin, end);
  return encode.call(this, 'base64', begin, end).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
};

BrowserBuffer.prototype.equals = function (this: Buffer, other: Uint8Array): boolean {
  return BrowserBuffer.compare(this, other) === 0;
};

export const Buffer = BrowserBuffer;
