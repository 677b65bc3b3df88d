/** Tells the ends of processes that somebody brought about from those by themselves. */
export class ExpectedEnds {
  private readonly ends = new Map<string, string>();
  private readonly excused = new Set<string>();

  /** The next end of this process will be this one: a signal's name or `code N`. */
  expect(name: string, end: string): void {
    this.ends.set(name, end);
  }

  /** From now on this process may end however and as often as it has to, until the returned function is called. */
  excuse(name: string): () => void {
    this.excused.add(name);
    return () => void this.excused.delete(name);
  }

  /** Whether a process was to end, and so; only once, unless it is excused. */
  took(name: string, end: string): boolean {
    return this.excused.has(name) || (this.ends.get(name) === end && this.ends.delete(name));
  }
}
