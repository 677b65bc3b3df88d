/** Where the record of an event lies in Kafka. */
export interface RecordPlace {
  /** Without the prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}
