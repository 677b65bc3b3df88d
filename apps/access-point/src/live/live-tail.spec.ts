import type { LiveEventRecord } from './live-event.js';
import { LiveTail } from './live-tail.js';

const events = (from: number, to: number): LiveEventRecord[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    position: from + index,
    kind: 'leg.changed',
    detail: {},
    ownDesk: 'urn:serai:desk:rs:mup:liaison',
    assignedDesks: [],
  }));
const positions = (found: readonly LiveEventRecord[] | undefined) => found?.map(({ position }) => position);

describe(LiveTail.name, () => {
  it('hands out what it heard behind a position', () => {
    const tail = new LiveTail(7);
    expect(tail.hear(events(8, 9))).toBe(true);
    expect(tail.hear(events(10, 10))).toBe(true);
    expect(positions(tail.after(7))).toEqual([8, 9, 10]);
    expect(positions(tail.after(9))).toEqual([10]);
    expect(positions(tail.after(10))).toEqual([]);
    expect(tail.end).toBe(10);
  });

  it('takes nothing behind a gap', () => {
    const tail = new LiveTail(7);
    expect(tail.hear(events(9, 9))).toBe(false);
    expect(tail.end).toBe(7);
    expect(tail.hear(events(8, 9))).toBe(true);
    expect(positions(tail.after(7))).toEqual([8, 9]);
  });

  it('can begin anew behind a gap, and does not remember what was before', () => {
    const tail = new LiveTail(19, events(20, 21));
    expect([tail.end, positions(tail.after(19))]).toEqual([21, [20, 21]]);
    expect(tail.after(18)).toBeUndefined();
  });

  it('counts what it heard before once', () => {
    const tail = new LiveTail(7);
    tail.hear(events(8, 9));
    expect(tail.hear(events(8, 10))).toBe(true);
    expect(tail.hear(events(9, 9))).toBe(true);
    expect(positions(tail.after(7))).toEqual([8, 9, 10]);
  });

  it('says that it does not remember, rather than leave something out', () => {
    const tail = new LiveTail(7);
    expect(tail.after(6)).toBeUndefined();
    tail.hear(events(8, 5_000));
    expect(tail.after(7)).toBeUndefined();
    expect(positions(tail.after(4_998))).toEqual([4_999, 5_000]);
  });

  it('has nothing for who is ahead of it', () => {
    expect(positions(new LiveTail(7).after(9))).toEqual([]);
  });
});
