import { setTimeout as sleep } from 'node:timers/promises';
import { report, type Strike } from './protocol.js';

const LOOK_EVERY_MS = 50;
/** A process that is not back by then is not coming back. */
const PATIENCE_MS = 180_000;

/** Does harm to the processes of the constellation, by way of the program that started them, and looks on while everything comes back. */
export class Strikes {
  /** What ended by itself, and how often. */
  readonly ended: Record<string, number> = {};
  private strikeIsOver: ((problem: string | undefined) => void) | undefined;

  constructor(private readonly apps: Readonly<Record<string, string>>) {
    process.on('message', (message) => this.hear(message));
  }

  /** Resolves to the milliseconds until every app was ready again, without the time that an outage or a pause lasts, or a disk is full. */
  async carryOut(strike: Strike): Promise<number> {
    const begun = Date.now();
    const problem = await this.order(strike);
    if (problem) throw new Error(`${strike.name} did not come back: ${problem}`);
    await this.untilAllReady(begun + strike.ms + PATIENCE_MS);
    return Date.now() - begun - strike.ms;
  }

  /** Resolves when the strike is over, with what went wrong. */
  private async order(strike: Strike): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      this.strikeIsOver = resolve;
      process.send?.(strike, (error: Error | null) => error && reject(error));
    });
  }

  private hear(message: unknown): void {
    const said = report.parse(message);
    if (said.kind === 'over') this.strikeIsOver?.(said.problem);
    else this.ended[said.what] = (this.ended[said.what] ?? 0) + 1;
  }

  private async untilAllReady(deadline: number): Promise<void> {
    for (;;) {
      const states = await Promise.all(
        Object.entries(this.apps).map(async ([name, url]) => [name, await isReady(url)]),
      );
      const unready = states.filter(([, ready]) => !ready).map(([name]) => name);
      if (unready.length === 0) return;
      if (Date.now() > deadline) throw new Error(`not ready again: ${unready.join(', ')}`);
      await sleep(LOOK_EVERY_MS);
    }
  }
}

async function isReady(address: string): Promise<boolean> {
  try {
    const response = await fetch(`${address}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
