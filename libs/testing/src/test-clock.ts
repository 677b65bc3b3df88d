/** A clock that stands still until it is moved. */
export class TestClock {
  private time: number;

  constructor(start: Date | string = '2026-11-22T03:12:06.123Z') {
    this.time = new Date(start).getTime();
  }

  readonly now = (): Date => new Date(this.time);

  advance(ms: number): void {
    this.time += ms;
  }

  set(time: Date | string): void {
    this.time = new Date(time).getTime();
  }
}
