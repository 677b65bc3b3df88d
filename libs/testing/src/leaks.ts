import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from './eventually.js';

/** Sockets and timers that keep the process alive. */
function openResources(): string[] {
  const kinds = new Set(['TCPSocketWrap', 'TCPServerWrap', 'Timeout', 'ProcessWrap']);
  return process.getActiveResourcesInfo().filter((kind) => kinds.has(kind));
}

/**
 * Fails the file when it ends with more sockets, servers, timers or child processes than it began with. Hooks run in the order in which they are
 * written: call it below the file's own `afterAll`.
 */
export function failOnLeaks(): void {
  let before: string[] = [];
  beforeAll(() => {
    before = openResources();
  });
  afterAll(async () => {
    await eventually(() => assertQuiet(before), { timeoutMs: 3_000 });
  });
}

/** Something that retries now and then is between two tries at times: look more than once. */
async function assertQuiet(before: readonly string[]): Promise<void> {
  for (let look = 0; look < 10; look += 1) {
    expect(leakedSince(before)).toEqual([]);
    await pause(30);
  }
}

function leakedSince(before: readonly string[]): string[] {
  const known = [...before];
  return openResources().filter((kind) => {
    const index = known.indexOf(kind);
    if (index >= 0) known.splice(index, 1);
    return index < 0;
  });
}
