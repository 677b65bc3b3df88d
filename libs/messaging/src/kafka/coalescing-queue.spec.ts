import type { OutgoingRecord } from '../records.js';
import { MAX_RECORD_BYTES } from '../records.js';
import { CoalescingQueue, MAX_REQUEST_BYTES } from './coalescing-queue.js';

/** A broker that answers when the test says so; a position is the record's text. */
class SteeredBroker {
  readonly requests: string[][] = [];
  private answers: PromiseWithResolvers<void>[] = [];
  private readonly queue = new CoalescingQueue<string>(async (records) => {
    const texts = records.map(({ value }) => value.toString().slice(0, 10));
    this.requests.push(texts);
    const answer = Promise.withResolvers<void>();
    this.answers.push(answer);
    await answer.promise;
    return texts;
  });

  /** Pushes; its failure may be looked at later. */
  push(record: OutgoingRecord): Promise<string> {
    const send = this.queue.push(record);
    send.catch(() => undefined);
    return send;
  }

  idle(): Promise<void> {
    return this.queue.idle();
  }

  async acknowledge(): Promise<void> {
    await settle();
    this.answers.shift()!.resolve();
    await settle();
  }

  async fail(): Promise<void> {
    await settle();
    this.answers.shift()!.reject(new Error('no acknowledgement'));
    await settle();
  }
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
const record = (text: string, key = text): OutgoingRecord => ({ topic: 't', key, value: Buffer.from(text) });

/** Where each promise stands: its value, 'failed', or 'waiting'. */
async function states(promises: readonly Promise<string>[]): Promise<string[]> {
  await settle();
  return Promise.all(
    promises.map((each) => Promise.race([each.catch(() => 'failed'), settle().then(() => 'waiting')])),
  );
}

describe(CoalescingQueue.name, () => {
  it('sends a lone record at once', async () => {
    const broker = new SteeredBroker();
    void broker.push(record('a'));
    await settle();
    expect(broker.requests).toEqual([['a']]);
  });

  it('sends together what came while a request was under way, and never two requests at once', async () => {
    const broker = new SteeredBroker();
    const sends = [broker.push(record('a'))];
    await settle();
    sends.push(broker.push(record('b')), broker.push(record('c')));
    await settle();
    expect(broker.requests).toEqual([['a']]);
    await broker.acknowledge();
    expect(broker.requests).toEqual([['a'], ['b', 'c']]);
    expect(await states(sends)).toEqual(['a', 'waiting', 'waiting']);
    await broker.acknowledge();
    expect(await states(sends)).toEqual(['a', 'b', 'c']);
  });

  it('a failed request fails its own callers and nobody of another key', async () => {
    const broker = new SteeredBroker();
    const sends = [broker.push(record('a'))];
    await settle();
    sends.push(broker.push(record('b')), broker.push(record('c')));
    await broker.fail();
    await broker.acknowledge();
    expect(await states(sends)).toEqual(['failed', 'b', 'c']);
  });

  it('what waits behind a failed record of its key fails too: it must not overtake', async () => {
    const broker = new SteeredBroker();
    const sends = [broker.push(record('a1', 'a'))];
    await settle();
    sends.push(broker.push(record('a2', 'a')), broker.push(record('b1', 'b')));
    await broker.fail();
    await broker.acknowledge();
    expect(broker.requests).toEqual([['a1'], ['b1']]);
    expect(await states(sends)).toEqual(['failed', 'failed', 'b1']);
  });

  it('the same key on another topic is another key', async () => {
    const broker = new SteeredBroker();
    const first = broker.push(record('a1', 'a'));
    await settle();
    const second = broker.push({ ...record('a2', 'a'), topic: 'u' });
    await broker.fail();
    await broker.acknowledge();
    expect(await states([first, second])).toEqual(['failed', 'a2']);
  });

  it('bounds a request in bytes and in records', async () => {
    const broker = new SteeredBroker();
    void broker.push(record('first'));
    await settle();
    const third = Math.ceil(MAX_REQUEST_BYTES / 3);
    for (let index = 0; index < 4; index += 1) void broker.push({ ...record('big'), value: Buffer.alloc(third, 'x') });
    for (let index = 0; index < 1_200; index += 1) void broker.push(record('s'));
    for (let round = 0; round < 5; round += 1) await broker.acknowledge();
    expect(broker.requests.map(({ length }) => length)).toEqual([1, 2, 500, 500, 202]);
  });

  it('a record larger than a request travels alone', async () => {
    const broker = new SteeredBroker();
    void broker.push(record('first'));
    await settle();
    void broker.push({ ...record('big'), value: Buffer.alloc(2 * MAX_REQUEST_BYTES) });
    void broker.push(record('next'));
    await broker.acknowledge();
    await broker.acknowledge();
    expect(broker.requests.map(({ length }) => length)).toEqual([1, 1, 1]);
  });

  it('refuses a record that is too large, headers counted, without touching the others', async () => {
    const broker = new SteeredBroker();
    const good = broker.push(record('a'));
    const value = Buffer.alloc(MAX_RECORD_BYTES - 10);
    expect(() => broker.push({ topic: 't', key: 'k', value, headers: { name: 'value' } })).not.toThrow();
    expect(() => broker.push({ topic: 't', key: 'k', value, headers: { names: 'value' } })).toThrow(RangeError);
    await broker.acknowledge();
    expect(await states([good])).toEqual(['a']);
  });

  it('is idle when everything is settled, failures included', async () => {
    const broker = new SteeredBroker();
    await broker.idle();
    const sends = [broker.push(record('a')), broker.push(record('b'))];
    let isIdle = false;
    const idle = broker.idle().then(() => {
      isIdle = true;
    });
    await settle();
    expect(isIdle).toBe(false);
    await broker.fail();
    await idle;
    expect(await states(sends)).toEqual(['failed', 'failed']);
  });
});
