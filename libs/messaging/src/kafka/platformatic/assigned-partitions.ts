import { setTimeout as pause } from 'node:timers/promises';
import { type Consumer, type GroupAssignment, ListOffsetTimestamps } from '@platformatic/kafka';
import { errorFields, type MessagingLogger } from '../../logger.js';
import type { StartingPoint } from '../record-source.js';
import { AssignedPartition, placeOf } from './assigned-partition.js';

const AGAIN_AFTER_MS = 250;
/** What the broker says of a partition for which the group has committed nothing. */
const NOTHING = -1n;

export interface AssignedPartitionsOptions {
  readonly consumer: Consumer;
  readonly commitOffsets: boolean;
  /** Takes topics with the prefix. */
  readonly startAt: StartingPoint;
  /** Aborted when nothing further is to begin. */
  readonly signal: AbortSignal;
  readonly logger: MessagingLogger;
  /** Resolves when no handler works any more at a place that was taken away. */
  readonly untilGivenUp: (place: string) => Promise<void>;
  readonly onAssigned: () => void;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** The partitions of this consumer, as the group shares them out, and where the group is in each. */
export class AssignedPartitions {
  private readonly partitions = new Map<string, AssignedPartition>();
  private memberId = '';
  /** Counts assignments: an older one that is still under way stops. */
  private latest = 0;
  private assigning: Promise<void> = Promise.resolve();
  private commits: Promise<void> = Promise.resolve();

  constructor(private readonly options: AssignedPartitionsOptions) {}

  all(): AssignedPartition[] {
    return [...this.partitions.values()];
  }

  /** A partition that stays goes on where it is; the others are given up at once, or begin where the group is. */
  assign(assignments: readonly GroupAssignment[], memberId: string): void {
    const places = assignments.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    const wanted = new Map(places.map((place) => [placeOf(place.topic, place.partition), place]));
    // Whom the group had forgotten, it gives what others may have worked at meanwhile.
    const isNewMember = memberId !== this.memberId;
    this.memberId = memberId;
    for (const [place, partition] of this.partitions) {
      if (wanted.has(place) && !isNewMember) continue;
      partition.revoke();
      this.partitions.delete(place);
    }
    this.latest += 1;
    const number = this.latest;
    this.assigning = this.assigning.then(() => this.begin(wanted, number));
  }

  /** One commit after the other. One that fails is made up by the next, or by a redelivery. */
  commit(): Promise<void> {
    if (!this.options.commitOffsets) return this.commits;
    this.commits = this.commits.then(() => this.commitNow());
    return this.commits;
  }

  private async commitNow(): Promise<void> {
    const due = this.all().flatMap((partition) =>
      partition.handled > partition.committed ? [{ partition, offset: partition.handled }] : [],
    );
    if (due.length === 0) return;
    const offsets = due.map(({ partition: { topic, partition }, offset }) => ({
      topic,
      partition,
      offset,
      leaderEpoch: -1,
    }));
    try {
      await this.options.consumer.commit({ offsets });
      for (const { partition, offset } of due) partition.committed = offset;
    } catch (error) {
      this.options.logger.debug(errorFields(error), 'offsets were not committed');
    }
  }

  /** Never rejects. */
  private async begin(wanted: ReadonlyMap<string, Place>, number: number): Promise<void> {
    const { signal, logger, untilGivenUp, onAssigned } = this.options;
    const fresh = [...wanted].filter(([place]) => !this.partitions.has(place));
    for (const [place] of fresh) await untilGivenUp(place);
    while (!signal.aborted && number === this.latest) {
      try {
        const offsets = await this.startingOffsets(fresh.map(([, place]) => place));
        if (number !== this.latest) return;
        fresh.forEach(([place, { topic, partition }], index) => {
          this.partitions.set(place, new AssignedPartition(topic, partition, offsets[index]!));
        });
        onAssigned();
        return;
      } catch (error) {
        logger.debug(errorFields(error), 'cannot ask yet how far the group is');
        await pause(AGAIN_AFTER_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Where the group is, and where a reader without group begins, or a group that has not been there. */
  private async startingOffsets(places: readonly Place[]): Promise<bigint[]> {
    if (places.length === 0) return [];
    const { consumer, commitOffsets, startAt } = this.options;
    const byTopic = Map.groupBy(places, ({ topic }) => topic);
    const topics = [...byTopic].map(([topic, ofTopic]) => ({
      topic,
      partitions: ofTopic.map(({ partition }) => partition),
    }));
    const committed = commitOffsets ? await consumer.listCommittedOffsets({ topics }) : undefined;
    const ends = (timestamp: bigint) => consumer.listOffsets({ topics: [...byTopic.keys()], timestamp });
    const [first, last] = [await ends(ListOffsetTimestamps.EARLIEST), await ends(ListOffsetTimestamps.LATEST)];
    return places.map(({ topic, partition }) => {
      const offset = committed?.get(topic)?.[partition] ?? NOTHING;
      if (offset !== NOTHING) return offset;
      const start = startAt(topic, partition);
      if (typeof start === 'bigint') return start;
      return (start === 'earliest' ? first : last).get(topic)![partition]!;
    });
  }
}
