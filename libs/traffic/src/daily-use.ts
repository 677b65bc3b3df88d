/** What a caller used on a day, by all instances together. */
export interface DailyTotal {
  readonly caller: string;
  /** `2026-11-22`, UTC. */
  readonly day: string;
  readonly used: number;
}

/** Counts what callers used today: what all instances have told the database, and what this one has not told it yet. */
export class DailyUse {
  private day = '';
  private totals = new Map<string, number>();
  private untold = new Map<string, number>();

  add(caller: string, amount: number, now: Date): void {
    this.begin(dayOf(now));
    this.untold.set(caller, (this.untold.get(caller) ?? 0) + amount);
  }

  usedBy(caller: string, now: Date): number {
    this.begin(dayOf(now));
    return (this.totals.get(caller) ?? 0) + (this.untold.get(caller) ?? 0);
  }

  /** What is to be told; give it back with {@link restore} when that fails. It counts as told meanwhile. */
  takeUntold(now: Date): DailyTotal[] {
    this.begin(dayOf(now));
    const told = [...this.untold].map(([caller, used]) => ({ caller, day: this.day, used }));
    for (const { caller, used } of told) this.totals.set(caller, (this.totals.get(caller) ?? 0) + used);
    this.untold = new Map();
    return told;
  }

  restore(untold: readonly DailyTotal[]): void {
    for (const { caller, day, used } of untold) {
      if (day !== this.day) continue;
      this.totals.set(caller, (this.totals.get(caller) ?? 0) - used);
      this.untold.set(caller, (this.untold.get(caller) ?? 0) + used);
    }
  }

  /** Takes the totals of all instances. */
  learn(totals: readonly DailyTotal[]): void {
    for (const { caller, day, used } of totals) if (day === this.day) this.totals.set(caller, used);
  }

  private begin(day: string): void {
    if (day === this.day) return;
    this.day = day;
    this.totals = new Map();
    this.untold = new Map();
  }
}

/** Seconds until the next day begins. */
export function secondsUntilTomorrow(now: Date): number {
  return 86_400 - Math.floor((now.getTime() % 86_400_000) / 1_000);
}

function dayOf(now: Date): string {
  return now.toISOString().slice(0, 10);
}
