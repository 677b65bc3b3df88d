/** Runs `work` on every entry, at most `limit` at a time; results keep the order. `work` must not reject. */
export async function bounded<Entry, Result>(
  entries: readonly Entry[],
  limit: number,
  work: (entry: Entry) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(entries.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < entries.length) {
      const index = next++;
      results[index] = await work(entries[index] as Entry);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, entries.length) }, worker));
  return results;
}
