import type { KafkaMessage } from 'kafkajs';
import { toReceivedRecord } from './received-record.js';

const message = (parts: Partial<KafkaMessage>): KafkaMessage =>
  ({
    key: null,
    value: null,
    timestamp: '1763781126123',
    attributes: 0,
    offset: '0',
    headers: {},
    ...parts,
  }) as KafkaMessage;

describe(toReceivedRecord.name, () => {
  it('pitfall 9: keeps offsets beyond the integers of JavaScript', () => {
    const { offset } = toReceivedRecord('t', 0, message({ offset: '9007199254740993' }));
    expect(offset).toBe(9007199254740993n);
    expect((offset + 1n).toString()).toBe('9007199254740994');
  });

  it('pitfall 1: hands over the very buffer', () => {
    const value = Buffer.from('{"a":1,"a":2}');
    expect(toReceivedRecord('t', 0, message({ value })).value).toBe(value);
  });

  it('makes nothing of what is missing', () => {
    const record = toReceivedRecord('t', 3, message({}));
    expect(record).toEqual({
      topic: 't',
      partition: 3,
      offset: 0n,
      key: '',
      value: Buffer.alloc(0),
      headers: {},
      appendedAt: new Date('2025-11-22T03:12:06.123Z'),
    });
  });

  it('turns headers into texts that can be stored; the last of several counts', () => {
    const headers = {
      a: Buffer.from('1'),
      b: [Buffer.from('2'), '3'],
      c: undefined,
      'n\0l': 'x\0y',
      bad: Buffer.from([0xff]),
    };
    const record = toReceivedRecord('t', 0, message({ headers, key: Buffer.from('k\0') }));
    expect(record.headers).toEqual({ a: '1', b: '3', c: '', 'n\uFFFDl': 'x\uFFFDy', bad: '\uFFFD' });
    expect(record.key).toBe('k\uFFFD');
  });
});
