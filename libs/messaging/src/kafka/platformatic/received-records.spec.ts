import { IS_CONTROL, type KafkaRecord, type RecordsBatch } from '@platformatic/kafka';
import { toReceivedRecords } from './received-records.js';

const record = (parts: Partial<KafkaRecord>): KafkaRecord => ({
  length: 0,
  attributes: 0,
  timestampDelta: 0n,
  offsetDelta: 0,
  key: null,
  value: null,
  headers: [],
  ...parts,
});

const batch = (parts: Partial<RecordsBatch>): RecordsBatch => ({
  firstOffset: 0n,
  length: 0,
  partitionLeaderEpoch: 0,
  magic: 2,
  crc: 0,
  attributes: 0,
  lastOffsetDelta: 0,
  firstTimestamp: 1_763_781_126_000n,
  maxTimestamp: 1_763_781_126_999n,
  producerId: -1n,
  producerEpoch: -1,
  firstSequence: -1,
  records: [],
  ...parts,
});

const place = { topic: 't', partition: 3 };
const LOG_APPEND_TIME = 8;

describe(toReceivedRecords.name, () => {
  it("a batch that the broker stamped has the broker's time, not the producer's", () => {
    const records = [record({ timestampDelta: 5n }), record({ timestampDelta: 6n, offsetDelta: 1 })];
    const times = toReceivedRecords(place, [batch({ attributes: LOG_APPEND_TIME, records })], 0n).map(
      ({ appendedAt }) => appendedAt.getTime(),
    );
    expect(times).toEqual([1_763_781_126_999, 1_763_781_126_999]);
    const [unstamped] = toReceivedRecords(place, [batch({ records })], 0n);
    expect(unstamped!.appendedAt.getTime()).toBe(1_763_781_126_005);
  });

  it('pitfall 9: keeps offsets beyond the integers of JavaScript, and leaves out what was not asked for', () => {
    const records = [0, 1, 2].map((offsetDelta) => record({ offsetDelta }));
    const offsets = toReceivedRecords(place, [batch({ firstOffset: 9007199254740992n, records })], 9007199254740993n);
    expect(offsets.map(({ offset }) => offset)).toEqual([9007199254740993n, 9007199254740994n]);
  });

  it("leaves out the broker's own marks", () => {
    expect(toReceivedRecords(place, [batch({ attributes: IS_CONTROL, records: [record({})] })], 0n)).toEqual([]);
  });

  it('pitfall 1: hands over the very buffer', () => {
    const value = Buffer.from('{"a":1,"a":2}');
    expect(toReceivedRecords(place, [batch({ records: [record({ value })] })], 0n)[0]!.value).toBe(value);
  });

  it('makes nothing of what is missing, and texts that can be stored of the rest; the last of several headers counts', () => {
    const headers: KafkaRecord['headers'] = [
      [Buffer.from('a'), Buffer.from('1')],
      [Buffer.from('a'), Buffer.from('2')],
      [Buffer.from('n\0l'), Buffer.from('x\0y')],
      [Buffer.from('none'), null],
    ];
    const records = [record({}), record({ key: Buffer.from([0xff]), headers, offsetDelta: 1 })];
    const [empty, full] = toReceivedRecords(place, [batch({ records })], 0n);
    expect(empty).toMatchObject({ ...place, key: '', value: Buffer.alloc(0), headers: {} });
    expect(full).toMatchObject({ key: '\uFFFD', headers: { a: '2', 'n\uFFFDl': 'x\uFFFDy', none: '' } });
  });
});
