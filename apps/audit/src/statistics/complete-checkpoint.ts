import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { TOPICS } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { KAFKA_CONNECTION } from '#libs/hub';
import { type KafkaConnection, topicEnds } from '#libs/messaging';
import { parseCheckpoint, parseNote } from '#libs/transparency-log';
import { SequencingRepository } from '../sequencing/sequencing.repository.js';
import { LogFolder } from '../tile/log-folder.js';

/** A log that grows publishes a checkpoint every second. */
const PATIENCE_MS = 20_000;
const AGAIN_AFTER_MS = 200;

/** A published checkpoint: enough witnesses cosigned it. */
export interface PublishedCheckpoint {
  readonly size: number;
  /** Signed note. */
  readonly text: string;
}

/** Finds published checkpoints. */
@Injectable()
export class CompleteCheckpoint {
  constructor(
    private readonly sequencing: SequencingRepository,
    private readonly folder: LogFolder,
    @Inject(KAFKA_CONNECTION) private readonly connection: KafkaConnection,
  ) {}

  /** The newest one; undefined before the first. */
  async newest(): Promise<PublishedCheckpoint | undefined> {
    const note = await this.folder.readCheckpoint();
    if (note === undefined) return undefined;
    return { size: parseCheckpoint(parseNote(note).text).size, text: note.toString() };
  }

  /**
   * One that covers every event of requests that the broker holds now.
   *
   * @throws SeraiError ERR_EVIDENCE_PENDING when there is none within twenty seconds
   */
  async ofAllEvents(): Promise<PublishedCheckpoint> {
    const ends = await topicEnds(this.connection, TOPICS.requestEvents.name);
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const size = await this.sizeWith(ends);
      const newest = await this.newest();
      if (size !== undefined && newest !== undefined && newest.size >= size) return newest;
      if (Date.now() > deadline)
        throw new SeraiError('ERR_EVIDENCE_PENDING', 'The log has no witnessed checkpoint of all events yet.');
      await pause(AGAIN_AFTER_MS);
    }
  }

  /** Size of a log that has them all; undefined while some are not sequenced. */
  private async sizeWith(ends: ReadonlyMap<number, bigint>): Promise<number | undefined> {
    const positions = await this.sequencing.positions();
    const read = new Map(
      positions.flatMap(({ topic, partition, to }) => (topic === TOPICS.requestEvents.name ? [[partition, to]] : [])),
    );
    const isComplete = [...ends].every(([partition, end]) => (read.get(partition) ?? 0n) >= end);
    return isComplete ? (await this.sequencing.edge()).size : undefined;
  }
}
