import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from './eventually.js';

/** What keeps the process alive and is not jest's own: timers are left out, jest has several. */
function openResources(): string[] {
  const kinds = new Set(['TCPSocketWrap', 'TCPServerWrap', 'ProcessWrap']);
  return process.getActiveResourcesInfo().filter((kind) => kinds.has(kind));
}

/**
 * Fails the file when it ends with more sockets, servers or child processes than it began with. Call it at the top level, below the file's own
 * `afterAll`: hooks run in the order in which they are written.
 */
export function failOnLeaks(): void {
  const before = openResources();
  afterAll(async () => {
    await eventually(() => assertQuiet(before));
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
