import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 5_000;

/** A topic that was just created, or whose leader just moved, answers "not the leader" for a moment; kafkajs' admin does not wait it out. */
export async function withPatience<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || Date.now() > deadline) throw error;
    }
    await pause(50);
  }
}

function isPassing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'retriable' in error && error.retriable === true;
}
