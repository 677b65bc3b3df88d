import type { ReceivedRecord } from '#libs/messaging';
import type { Directory } from '#libs/trust';
import { directoryFor, directoryVersionHeader } from './directory-version.header.js';
import type { HubDirectory } from './hub-directory.js';

const at = (version: number) => ({ version }) as Directory;
const recordOf = (headers: Record<string, string>) => ({ headers }) as unknown as ReceivedRecord;

/** A replica that reaches a version when told to. */
function replica(version: number) {
  const asked: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const double = {
    current: at(version),
    reached: (wanted: number) => {
      asked.push(wanted);
      return promise;
    },
  };
  const arrive = (newer: number) => {
    double.current = at(newer);
    resolve();
  };
  return { directory: double as unknown as HubDirectory, asked, arrive };
}

describe(directoryFor.name, () => {
  it("waits until the replica is as new as the writer's", async () => {
    const { directory, asked, arrive } = replica(4);
    const waiting = directoryFor(recordOf(directoryVersionHeader(at(5))), directory);
    arrive(5);
    expect((await waiting).version).toBe(5);
    expect(asked).toEqual([5]);
  });

  it.each([
    ['without a header', {}],
    ['with an older version', directoryVersionHeader(at(3))],
    ['with a header that is no number', { 'directory-version': 'new' }],
  ])('does not wait for a record %s', async (_case, headers) => {
    const { directory, asked } = replica(4);
    expect((await directoryFor(recordOf(headers), directory)).version).toBe(4);
    expect(asked).toEqual([]);
  });

  it('goes on with what it has when the version never comes', async () => {
    jest.useFakeTimers();
    const { directory } = replica(4);
    const waiting = directoryFor(recordOf(directoryVersionHeader(at(9_999))), directory);
    await jest.advanceTimersByTimeAsync(3_000);
    expect((await waiting).version).toBe(4);
    jest.useRealTimers();
  });
});
