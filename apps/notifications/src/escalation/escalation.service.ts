import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type EscalationRung, legEscalated, legUnopened } from '#libs/contracts';
import { inTransaction } from '#libs/persistence';
import { type PlannedItem, TargetRepository } from '../nudge/target.repository.js';
import { type CausedNote, WaitingRepository } from '../nudge/waiting.repository.js';
import { PreferencesRepository } from '../preferences/preferences.repository.js';
import { type Notice, NoticePublisher, noticeOf } from '../publish/notice.publisher.js';
import { DutyFinder, type Settings } from './duty-finder.js';
import type { Escalation } from './escalation.entity.js';
import { EscalationRepository } from './escalation.repository.js';

/** Most escalations in one transaction. */
const BATCH = 100;

const MINUTE = 60_000;

/** What one step does. */
interface Step {
  readonly notice: Notice;
  readonly items: readonly PlannedItem[];
  readonly notes: readonly CausedNote[];
  /** When the next one is due; absent after the last. */
  readonly nextAt?: Date;
}

/** Takes the steps of ladders: whoever is on duty is nudged, and in the end the sender is told that nobody has opened the leg. */
@Injectable()
export class EscalationService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly escalations: EscalationRepository,
    private readonly preferences: PreferencesRepository,
    private readonly targets: TargetRepository,
    private readonly waiting: WaitingRepository,
    private readonly duty: DutyFinder,
    private readonly publisher: NoticePublisher,
  ) {}

  /**
   * Takes every step that is due, one of each leg. Event, nudges and the next time change in one transaction: no crash loses a step, no second instance takes it
   * again, and a reading that commits before it ends it.
   */
  async fireDue(now: Date): Promise<void> {
    let taken = BATCH;
    while (taken === BATCH) taken = await inTransaction(this.dataSource, (tx) => this.fireBatch(tx, now));
  }

  private async fireBatch(tx: EntityManager, now: Date): Promise<number> {
    const due = await this.escalations.lockDue(tx, now, BATCH);
    if (due.length === 0) return 0;
    const desks = due.flatMap(({ desk, addressee }) => [desk, ...this.duty.coordinationDesks(addressee, now)]);
    const settings = await this.preferences.inForce(tx, desks, now);
    const steps = due.map((escalation) => this.stepOf(escalation, settings, now));
    for (const [index, { legId }] of due.entries()) {
      const { nextAt } = steps[index]!;
      await (nextAt ? this.escalations.moveOn(tx, legId, nextAt) : this.escalations.end(tx, legId));
    }
    await this.targets.plan(
      tx,
      steps.flatMap(({ items }) => items),
    );
    await this.waiting.keep(
      tx,
      steps.flatMap(({ notes }) => notes),
    );
    await this.publisher.publish(
      tx,
      steps.map(({ notice }) => notice),
    );
    return due.length;
  }

  private stepOf(escalation: Escalation, settings: Settings, now: Date): Step {
    const { ladder, steps, legId } = escalation;
    const [current, next] = ladder.slice(steps);
    if (current === undefined || current.rung === 'SENDER') return lastStep(escalation, now);
    const addresses = this.duty.addressesOf(escalation, current.rung, settings, now);
    const notice = escalatedNotice(escalation, current.rung, addresses.length > 0, now);
    const item = { cause: notice.id, legId, urgent: true, dueAt: now };
    const items = addresses.map((address) => ({ ...item, ...address }));
    // From this step, not from the delivery: after an outage of the hub each rung still has its time.
    const pause = next === undefined ? 0 : (next.afterMinutes - current.afterMinutes) * MINUTE;
    return { notice, items, notes: [], nextAt: new Date(now.getTime() + pause) };
  }
}

function escalatedNotice(
  { legId, requestId, addressee, desk, steps }: Escalation,
  rung: EscalationRung,
  reached: boolean,
  now: Date,
) {
  const header = {
    audience: [addressee],
    legId,
    requestId,
    desk,
    rung,
    step: steps + 1,
    at: now.toISOString(),
    onDuty: reached,
  };
  return noticeOf(legEscalated, legId, header);
}

function lastStep(
  { legId, requestId, requester, requesterDesk, addressee, deliveredAt, steps }: Escalation,
  now: Date,
): Step {
  const notice = noticeOf(legUnopened, legId, {
    audience: [requester, addressee],
    legId,
    requestId,
    step: steps + 1,
    at: now.toISOString(),
    deliveredAt: deliveredAt.toISOString(),
  });
  const note = { kind: 'waits', legId, desk: requesterDesk, urgent: true, cause: notice.id, at: now } as const;
  return { notice, items: [], notes: [note] };
}
