/** A piece of a stream. */
export interface Segment {
  readonly bytes: Buffer;
  readonly index: number;
  readonly isLast: boolean;
}

/**
 * Cuts a stream into pieces of given sizes, however its bytes come. A full piece is held back until more bytes come, since only the end of the stream tells which
 * piece is the last; it alone may be short. An empty stream is one empty piece.
 */
export async function* cutIntoSegments(
  stream: AsyncIterable<Uint8Array>,
  sizeOf: (index: number) => number,
): AsyncGenerator<Segment, void, undefined> {
  let index = 0;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of stream) {
    let rest = chunk;
    while (heldBytes + rest.byteLength > sizeOf(index)) {
      const missing = sizeOf(index) - heldBytes;
      yield { bytes: Buffer.concat([...held, rest.subarray(0, missing)]), index, isLast: false };
      rest = rest.subarray(missing);
      index += 1;
      held = [];
      heldBytes = 0;
    }
    if (rest.byteLength > 0) held.push(rest);
    heldBytes += rest.byteLength;
  }
  yield { bytes: Buffer.concat(held), index, isLast: true };
}
