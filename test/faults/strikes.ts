import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { type Strike, strikeAnswer } from './protocol.js';

const LOOK_EVERY_MS = 50;
/** A process that is not back by then is not coming back. */
const PATIENCE_MS = 180_000;

/** Does harm to the processes of the constellation, by way of the program that started them, and looks on while everything comes back. */
export class Strikes {
  constructor(private readonly apps: Readonly<Record<string, string>>) {}

  /** Resolves to the milliseconds until every app was ready again, without the time that an outage or a pause lasts. */
  async carryOut(strike: Strike): Promise<number> {
    const begun = Date.now();
    const { problem } = await this.order(strike);
    if (problem) throw new Error(`${strike.name} did not come back: ${problem}`);
    await this.untilAllReady(begun + strike.ms + PATIENCE_MS);
    return Date.now() - begun - strike.ms;
  }

  private async order(strike: Strike): Promise<z.infer<typeof strikeAnswer>> {
    return new Promise((resolve, reject) => {
      process.once('message', (message) => resolve(strikeAnswer.parse(message)));
      process.send?.(strike, (error: Error | null) => error && reject(error));
    });
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
