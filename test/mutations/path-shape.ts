// Which turns the paths take that proofs follow, straight from the definitions of RFC 6962: what the verifier is compared with where a changed number leaves a
// proof as true as it was. A root does not tell how many leaves are below it, so that sizes whose paths take the same turns are one statement; it is the
// signed checkpoint that holds size and root together.

/**
 * The turns of PATH(m, D[n]) from the leaf up: on which side each hash of the proof stands. Undefined when the tree has no such leaf.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1.1
 */
export function shapeOfInclusion(index: number, size: number): string | undefined {
  if (index < 0 || index >= size) return undefined;
  if (size === 1) return '';
  const split = splitOf(size);
  return index < split ? `${shapeOfInclusion(index, split)}R` : `${shapeOfInclusion(index - split, size - split)}L`;
}

/**
 * The turns of PROOF(m, D[n]), and whether it begins with the old root. Undefined when there is no such proof.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1.2
 */
export function shapeOfConsistency(oldSize: number, newSize: number, isWhole = true): string | undefined {
  if (oldSize < 1 || oldSize > newSize) return undefined;
  if (oldSize === newSize) return isWhole ? 'old root ' : 'hash ';
  const split = splitOf(newSize);
  return oldSize <= split
    ? `${shapeOfConsistency(oldSize, split, isWhole)}R`
    : `${shapeOfConsistency(oldSize - split, newSize - split, false)}L`;
}

/** The largest power of two below the size. */
function splitOf(size: number): number {
  let split = 1;
  while (2 * split < size) split *= 2;
  return split;
}
