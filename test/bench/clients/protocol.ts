import type { KafkaClient } from '#libs/messaging';
import type { Distribution } from '../statistics/distribution.js';

export interface ClientSettings {
  readonly client: KafkaClient;
  readonly brokers: readonly string[];
  /** The broker's, where it runs on this machine. */
  readonly brokerPid?: number;
  readonly recordBytes: number;
  /** Records per second; 0 for a process that only waits. */
  readonly rates: readonly number[];
  readonly seconds: number;
}

/** One client at one rate, for a while. */
export interface ClientFigures {
  readonly rate: number;
  /** CPU time of the process that produces and consumes, per second. */
  readonly cpuMsPerSecond: number;
  readonly brokerCpuMsPerSecond?: number;
  /** Milliseconds from the moment at which a record was to be sent until its handler has it. */
  readonly latency?: Distribution;
}

export interface ClientReport {
  readonly figures: readonly ClientFigures[];
  readonly memoryMiB: number;
}

export type ClientAnswer =
  | { readonly kind: 'measured'; readonly report: ClientReport }
  | { readonly kind: 'failed'; readonly message: string };
