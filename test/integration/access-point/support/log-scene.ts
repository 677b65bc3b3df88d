import { randomBytes } from 'node:crypto';
import type { OpenedLeaf } from '#libs/contracts';
import { hashOf } from '#libs/envelope';
import { type LogRecord, leafEntry } from '#libs/evidence';
import { serialiseNote } from '#libs/transparency-log';
import { LogMonitor } from '../../../../apps/access-point/src/monitor/log-monitor.js';
import type { AccessPoint } from './access-point.js';
import type { MemberId } from './community.js';
import type { PublishedLog, Taken } from './hub-double.js';
import { LogDouble } from './log-double.js';
import type { World } from './world.js';

/** A signed envelope, as far as the log needs to know it. */
export type Logged = Pick<Taken, 'jws' | 'event'>;

/** A hub that puts into its log what the test says, opens leaves and publishes checkpoints that enough witnesses have cosigned. */
export class LogScene {
  /** What opens the leaf of an envelope, by the envelope's id. */
  readonly leaves = new Map<string, OpenedLeaf>();
  readonly log: LogDouble;

  constructor(
    private readonly world: World<'rs'>,
    private readonly accessPoint: AccessPoint,
  ) {
    this.log = new LogDouble(world.community.log.signer, 'abc');
    this.answerOpenings();
  }

  answerOpenings(): void {
    this.world.hub.opened = (id) => [this.leaves.get(id)].filter((leaf) => leaf !== undefined);
  }

  /** Appends the leaf of a record to the log and keeps what opens it. */
  sequence(logged: Logged, record = recordOf(logged, String(this.log.size))): void {
    const salt = randomBytes(32);
    this.leaves.set(logged.event.id, { index: this.log.size, record, salt: salt.toString('base64url') });
    this.log.append(leafEntry(record, salt));
  }

  /** Publishes a log, this one unless told, and lets the access point look at it. */
  async publish(log = this.log, witnesses?: readonly MemberId[]): Promise<void> {
    this.world.hub.log = await this.published(log, witnesses);
    await this.accessPoint.instance.get(LogMonitor).look();
  }

  /** A log as it is, under the cosignatures of these. */
  async published(log: LogDouble, witnesses: readonly MemberId[] = ['iq', 'tr', 'bg']): Promise<PublishedLog> {
    const note = await log.checkpoint();
    const lines = await Promise.all(witnesses.map((member) => this.world.community.log.cosign(member, note)));
    const checkpoint = serialiseNote({ text: note.text, signatures: [...note.signatures, ...lines] });
    return { checkpoint, tile: (path) => log.tile(path) };
  }
}

export function recordOf({ jws, event }: Logged, offset: string): LogRecord {
  const { id, type, source: producer, producerseq } = event;
  return {
    acceptedAt: new Date().toISOString(),
    id,
    messageHash: hashOf(jws),
    offset,
    partition: 0,
    producer,
    ...(producerseq ? { producerSequence: producerseq } : {}),
    topic: producer.startsWith('urn:serai:service:') ? 'requests.events' : 'requests.submissions',
    type,
  };
}
