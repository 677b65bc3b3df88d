import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { ReceivedRecord } from '../../records.js';
import { toText } from '../record-text.js';

export function toReceivedRecord(topic: string, partition: number, message: KafkaMessage): ReceivedRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: toText(message.key ?? ''),
    value: message.value ?? Buffer.alloc(0),
    headers: toTexts(message.headers ?? {}),
    appendedAt: new Date(Number(message.timestamp)),
  };
}

/** Of a header that was set twice the last value counts. */
function toTexts(headers: IHeaders): Record<string, string> {
  const texts = Object.entries(headers).map(([name, value]) => {
    const last = Array.isArray(value) ? value.at(-1) : value;
    return [toText(name), toText(last ?? '')] as const;
  });
  return Object.fromEntries(texts);
}
