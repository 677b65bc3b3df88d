/** Tells the ends of processes that somebody brought about from those by themselves. */
export class ExpectedEnds {
  private readonly ends = new Map<string, string>();

  /** The next end of this process will be this one: a signal's name or `code N`. */
  expect(name: string, end: string): void {
    this.ends.set(name, end);
  }

  /** Whether a process was to end, and so; only once. */
  took(name: string, end: string): boolean {
    return this.ends.get(name) === end && this.ends.delete(name);
  }
}
