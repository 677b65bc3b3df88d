import { setTimeout as sleep } from 'node:timers/promises';
import { type KillAnswer, type KillOrder, killAnswer } from './protocol.js';

const LOOK_EVERY_MS = 50;
/** A process that is not back by then is not coming back. */
const PATIENCE_MS = 180_000;

/** The processes of the constellation: kills one by way of the program that started them, and looks on while everything comes back. */
export class Victims {
  constructor(private readonly apps: Readonly<Record<string, string>>) {}

  /** Kills a process with SIGKILL; resolves to the milliseconds until it was replaced and every app was ready again. */
  async kill(name: string): Promise<number> {
    const begun = Date.now();
    const { problem } = await this.order({ kind: 'kill', name });
    if (problem) throw new Error(`${name} did not come back: ${problem}`);
    await this.untilAllReady(begun + PATIENCE_MS);
    return Date.now() - begun;
  }

  private async order(order: KillOrder): Promise<KillAnswer> {
    return new Promise((resolve, reject) => {
      process.once('message', (message) => resolve(killAnswer.parse(message)));
      process.send?.(order, (error: Error | null) => error && reject(error));
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
