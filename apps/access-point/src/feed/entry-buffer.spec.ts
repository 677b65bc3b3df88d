import type { FeedEntry } from '#libs/contracts';
import { EntryBuffer } from './entry-buffer.js';

const entry = (sequence: number) => ({ sequence }) as FeedEntry;

describe(EntryBuffer.name, () => {
  it('gives everything that has come', async () => {
    const buffer = new EntryBuffer(10);
    buffer.add(entry(1));
    buffer.add(entry(2));
    expect(await buffer.take()).toEqual([entry(1), entry(2)]);
  });

  it('waits for the first entry', async () => {
    const buffer = new EntryBuffer(10);
    const taken = buffer.take();
    buffer.add(entry(1));
    expect(await taken).toEqual([entry(1)]);
  });

  it('ends behind the last entry', async () => {
    const buffer = new EntryBuffer(10);
    buffer.add(entry(1));
    buffer.end();
    expect(await buffer.take()).toEqual([entry(1)]);
    expect(await buffer.take()).toBeUndefined();
  });

  it('gives the entries before it gives the failure', async () => {
    const buffer = new EntryBuffer(10);
    buffer.add(entry(1));
    buffer.end(new Error('broke off'));
    expect(await buffer.take()).toEqual([entry(1)]);
    await expect(buffer.take()).rejects.toThrow('broke off');
  });

  it('makes the network wait while it is full, and lets go when the reader has left', async () => {
    const buffer = new EntryBuffer(1);
    buffer.add(entry(1));
    let hasRoom: boolean | undefined;
    const waiting = buffer.hasRoom().then((answer) => {
      hasRoom = answer;
    });
    await Promise.resolve();
    expect(hasRoom).toBeUndefined();
    await buffer.take();
    await waiting;
    expect(hasRoom).toBe(true);
    buffer.add(entry(2));
    const left = buffer.hasRoom();
    buffer.abandon();
    expect(await left).toBe(false);
  });
});
