import { KnownLog, type LogStatement, type Moment } from './known-log.js';

const ORIGIN = 'hub.example/audit/2026';
const START = Date.parse('2026-11-23T05:00:00.000Z');
const SETTINGS = { logAwayMs: 15_000, quorumLostMs: 900_000 };

const at = (seconds: number): Moment => ({ monotonicMs: seconds * 1_000, date: new Date(START + seconds * 1_000) });
const instant = (seconds: number) => at(seconds).date.toISOString();

/** A log that began to be listened to at second 0. */
const listened = () => new KnownLog(SETTINGS, at(0));

/** What the log says at a second; that it is whole and witnessed unless told otherwise. */
function stated(second: number, changed: Partial<LogStatement> = {}): LogStatement {
  const size = changed.size ?? 1;
  return {
    audience: '*',
    origin: ORIGIN,
    size,
    complete: true,
    positions: [],
    witnessed: { size, at: instant(second) },
    statedAt: instant(second),
    ...changed,
  };
}

const position = (topic: string, partition: number, next: string) => ({ topic, partition, next });
const place = (topic: string, partition: number, offset: bigint) => ({ topic, partition, offset });

describe('positions', () => {
  it('hold the records before them, of their own topic and partition alone', () => {
    const log = listened();
    log.take(stated(0, { positions: [position('requests.events', 1, '5')] }), at(0));
    expect(log.holds(place('requests.events', 1, 4n))).toBe(true);
    expect(log.holds(place('requests.events', 1, 5n))).toBe(false);
    expect(log.holds(place('requests.events', 0, 0n))).toBe(false);
    expect(log.holds(place('directory.events', 1, 0n))).toBe(false);
  });

  it('never move back, and stay what they are where a statement does not name them', () => {
    const log = listened();
    log.take(
      stated(0, { positions: [position('requests.events', 0, '9'), position('requests.events', 1, '9')] }),
      at(0),
    );
    log.take(stated(1, { positions: [position('requests.events', 0, '3')] }), at(1));
    expect(log.positions()).toEqual([place('requests.events', 0, 9n), place('requests.events', 1, 9n)]);
  });

  it('count beyond 2^53', () => {
    const log = listened();
    log.take(stated(0, { positions: [position('t', 0, '9007199254740993')] }), at(0));
    expect(log.holds(place('t', 0, 9007199254740992n))).toBe(true);
    expect(log.holds(place('t', 0, 9007199254740993n))).toBe(false);
  });

  it('do not come from a statement of fewer leaves, which is no sign of life either', () => {
    const log = listened();
    log.take(stated(0, { size: 10 }), at(0));
    const old = stated(14, { size: 9, positions: [position('t', 0, '5')] });
    expect(log.take(old, at(14))).toBe(false);
    expect(log.holds(place('t', 0, 0n))).toBe(false);
    expect(log.outageAt(16_000)).toEqual({ reason: 'LOG_AWAY', since: at(0).date });
  });

  it('go on with another log, which begins small', () => {
    const log = listened();
    log.take(stated(0, { size: 10, positions: [position('t', 0, '5')] }), at(0));
    expect(log.take(stated(1, { origin: 'hub.example/audit/2027', positions: [position('t', 0, '6')] }), at(1))).toBe(
      true,
    );
    expect(log.holds(place('t', 0, 5n))).toBe(true);
  });
});

describe('a log that is away', () => {
  it('is one that has not said everything yet', () => {
    const log = listened();
    expect(log.outageAt(0)).toEqual({ reason: 'LOG_AWAY', since: at(0).date });
    log.take(stated(1, { complete: false }), at(1));
    expect(log.outageAt(1_000)).toMatchObject({ reason: 'LOG_AWAY' });
    log.take(stated(2), at(2));
    expect(log.outageAt(2_000)).toBeUndefined();
  });

  it('is one that has been silent for too long, by a clock that nobody sets', () => {
    const log = listened();
    log.take(stated(1_000_000), at(1));
    expect(log.outageAt(16_000)).toBeUndefined();
    expect(log.outageAt(16_001)).toEqual({ reason: 'LOG_AWAY', since: at(1).date });
  });

  it('is there again with its next word, whole or not', () => {
    const log = listened();
    log.take(stated(0), at(0));
    expect(log.outageAt(60_000)).toMatchObject({ reason: 'LOG_AWAY' });
    log.take(stated(60, { complete: false }), at(60));
    expect(log.outageAt(60_000)).toBeUndefined();
  });
});

describe('a quorum that is lost', () => {
  const grow = (log: KnownLog, second: number, size: number, witnessed: LogStatement['witnessed']) =>
    log.take(stated(second, { size, witnessed }), at(second));

  it('is one that has not reached a size for too long', () => {
    const log = listened();
    const witnessed = { size: 5, at: instant(0) };
    grow(log, 0, 5, witnessed);
    for (let second = 10; second <= 911; second += 1) grow(log, second, second, witnessed);
    expect(log.outageAt(910_000)).toBeUndefined();
    expect(log.outageAt(910_001)).toEqual({ reason: 'QUORUM_LOST', since: at(10).date });
  });

  it('is not lost where a log grows all the time and its witnesses follow', () => {
    const log = listened();
    for (let second = 0; second <= 3_000; second += 10) {
      grow(log, second, second + 10, { size: second, at: instant(second) });
      expect(log.outageAt(second * 1_000)).toBeUndefined();
    }
  });

  it('is not lost where nothing new is to be witnessed', () => {
    const log = listened();
    grow(log, 0, 5, { size: 5, at: instant(0) });
    grow(log, 5_000, 5, { size: 5, at: instant(0) });
    expect(log.outageAt(5_000_000)).toBeUndefined();
  });

  it('is back with the head that it missed', () => {
    const log = listened();
    grow(log, 0, 5, undefined);
    grow(log, 901, 9, undefined);
    expect(log.outageAt(901_000)).toEqual({ reason: 'QUORUM_LOST', since: at(0).date });
    grow(log, 902, 9, { size: 5, at: instant(902) });
    expect(log.outageAt(902_000)).toBeUndefined();
  });

  it('is known lost by who has just come, from what the log says of its newest witnessed head', () => {
    const log = listened();
    grow(log, 0, 9, { size: 5, at: instant(-901) });
    expect(log.outageAt(0)).toEqual({ reason: 'QUORUM_LOST', since: at(-901).date });
  });

  it('does not come back because a new leader of the log knows of no witnessed head yet', () => {
    const log = listened();
    grow(log, 0, 5, { size: 5, at: instant(0) });
    grow(log, 10, 6, undefined);
    grow(log, 911, 6, undefined);
    expect(log.outageAt(911_000)).toEqual({ reason: 'QUORUM_LOST', since: at(10).date });
  });
});
