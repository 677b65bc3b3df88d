/** A value that holds from an instant on, recorded by a version of the directory. */
interface Entry<T> {
  readonly version: number;
  readonly from: number;
  readonly value: T;
}

/**
 * Effective-dated values of one thing, appended in the order of the directory's versions. Whoever asks says as of which version and for which instant:
 * of the values recorded by then, the one with the latest start not after the instant holds; of two with the same start, the later recorded.
 */
export class Timeline<T> {
  readonly #entries: Entry<T>[] = [];

  append(version: number, from: Date, value: T): void {
    this.#entries.push({ version, from: from.getTime(), value });
  }

  at(version: number, instant: Date): T | undefined {
    let best: Entry<T> | undefined;
    for (const entry of this.#entries) {
      if (entry.version > version) break;
      if (entry.from <= instant.getTime() && (best === undefined || entry.from >= best.from)) best = entry;
    }
    return best?.value;
  }

  /** What was recorded by `version`, in that order. */
  entries(version: number): { readonly from: Date; readonly value: T }[] {
    return this.#entries
      .filter((entry) => entry.version <= version)
      .map(({ from, value }) => ({ from: new Date(from), value }));
  }

  /** True when any value was recorded by `version`, whatever its start, and passes `test`. */
  some(version: number, test: (value: T) => boolean): boolean {
    return this.#entries.some((entry) => entry.version <= version && test(entry.value));
  }
}
