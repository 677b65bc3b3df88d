import { Injectable } from '@nestjs/common';
import { CALLER_CLOCK_TOLERANCE } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { Metrics, Readiness } from '#libs/telemetry';

/** The header `Date` has whole seconds. */
const RESOLUTION_MS = 1_000;

/**
 * Compares the clock of this machine with that of the hub, which takes no token of another time. Whoever watches this access point is told; the clock is
 * never corrected here: whoever could set it from afar could choose when things were signed.
 */
@Injectable()
export class HubClock {
  private aheadMs = 0;

  constructor(readiness: Readiness, metrics: Metrics) {
    readiness.add({ name: 'clock', check: () => this.assertRight() });
    metrics.gauge(
      {
        name: 'serai_access_point_clock_ahead_seconds',
        help: "How far this machine's clock is ahead of the hub's, by its last answer; negative when it is behind.",
      },
      (gauge) => gauge.set(Math.round(this.aheadMs / 1000)),
    );
  }

  /** False while the hub refuses what is signed by this clock. */
  get isRight(): boolean {
    return this.aheadMs <= CALLER_CLOCK_TOLERANCE.aheadMs && -this.aheadMs <= CALLER_CLOCK_TOLERANCE.behindMs;
  }

  /**
   * Learns from an answer of the hub to a call that was made at `askedAt`: its time lies between then and now.
   */
  learn(answer: Response, askedAt: number, now = Date.now()): void {
    const said = Date.parse(answer.headers.get('date') ?? '');
    if (Number.isNaN(said)) return;
    this.aheadMs = Math.max(0, askedAt - said - RESOLUTION_MS) || Math.min(0, now - said);
  }

  /** @throws SeraiError ERR_CLOCK_WRONG */
  assertRight(): void {
    if (this.isRight) return;
    const apart = `${Math.round(Math.abs(this.aheadMs) / 1000)} s ${this.aheadMs > 0 ? 'ahead of' : 'behind'}`;
    throw new SeraiError(
      'ERR_CLOCK_WRONG',
      `The clock of this access point is ${apart} the hub's, which takes nothing from it. Its operator must set it; what waits is kept and goes out then.`,
    );
  }
}
