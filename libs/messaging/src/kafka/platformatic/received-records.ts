import { IS_CONTROL, type KafkaRecord, type RecordsBatch } from '@platformatic/kafka';
import type { ReceivedRecord } from '../../records.js';
import { toText } from '../record-text.js';

/** In a batch's attributes: its records were stamped when they were appended, and `maxTimestamp` says when. */
const IS_LOG_APPEND_TIME = 1 << 3;

/** The records of fetched batches from `from` on: the first batch may begin earlier. */
export function toReceivedRecords(
  place: { readonly topic: string; readonly partition: number },
  batches: readonly RecordsBatch[],
  from: bigint,
): ReceivedRecord[] {
  return batches
    .filter(({ attributes }) => (attributes & IS_CONTROL) === 0)
    .flatMap((batch) => batch.records.map((record) => toReceivedRecord(place, batch, record)))
    .filter(({ offset }) => offset >= from);
}

function toReceivedRecord(
  { topic, partition }: { readonly topic: string; readonly partition: number },
  { firstOffset, attributes, firstTimestamp, maxTimestamp }: RecordsBatch,
  { offsetDelta, timestampDelta, key, value, headers }: KafkaRecord,
): ReceivedRecord {
  const timestamp = attributes & IS_LOG_APPEND_TIME ? maxTimestamp : firstTimestamp + timestampDelta;
  return {
    topic,
    partition,
    offset: firstOffset + BigInt(offsetDelta),
    key: toText(key ?? ''),
    value: value ?? Buffer.alloc(0),
    // Of a header that was set twice the last value counts.
    headers: Object.fromEntries(headers.map(([name, text]) => [toText(name ?? ''), toText(text ?? '')])),
    appendedAt: new Date(Number(timestamp)),
  };
}
