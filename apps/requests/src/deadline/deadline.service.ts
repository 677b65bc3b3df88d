import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { inTransaction } from '#libs/persistence';
import { currentTraceparent, runWithTraceparent } from '#libs/telemetry';
import { letTimePass } from '../leg/leg.clock.js';
import { passedEvent } from '../leg/leg.events.js';
import { LegPublisher } from '../leg/leg.publisher.js';
import { LegRepository } from '../leg/leg.repository.js';
import { LegTelemetry } from '../leg/leg.telemetry.js';

/** Most legs in one transaction. */
const BATCH = 200;

/** Says what the passing of time does to legs. */
@Injectable()
export class DeadlineService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly legs: LegRepository,
    private readonly publisher: LegPublisher,
    private readonly telemetry: LegTelemetry,
  ) {}

  /**
   * Fires every timer before `now` of legs that nobody else is working on. State, timers and events change in one transaction, and what a leg waits for follows from
   * the leg itself: no crash loses a timer, no second instance fires it again.
   */
  async fireDue(now: Date): Promise<void> {
    let claimed = BATCH;
    while (claimed === BATCH) claimed = await runWithTraceparent(undefined, () => this.fireBatch(now));
  }

  private async fireBatch(now: Date): Promise<number> {
    const { claimed, passed } = await inTransaction(this.dataSource, async (tx) => {
      const due = await this.legs.lockDue(tx, now, BATCH);
      const changes = due.map((leg) => letTimePass(leg, now));
      const instants = changes.flatMap((change) => change.passed);
      const traceparent = currentTraceparent();
      await this.legs.save(
        tx,
        changes.map(({ leg }) => leg),
      );
      await this.publisher.publish(
        tx,
        instants.map((instant) => ({ event: passedEvent(instant), traceparent })),
      );
      return { claimed: due.length, passed: instants };
    });
    for (const instant of passed) this.telemetry.passed(instant, now);
    return claimed;
  }
}
