import type { CloudEvent } from '#libs/contracts';
import {
  findLegMove,
  type HeaderOf,
  type LegHeader,
  type LegState,
  legDelivered,
  legRead,
  reconsiderationAsked,
  requestSubmitted,
} from '#libs/contracts';

/** Keeps the states of legs as the hub would say them, without its clock's fine points. */
export class LegBook {
  private readonly legs = new Map<string, LegState>();

  get(legId: string): LegState {
    const leg = this.legs.get(legId);
    if (!leg) throw new Error(`no leg ${legId}`);
    return leg;
  }

  set(leg: LegState): void {
    this.legs.set(leg.legId, leg);
  }

  /** The state after a message, or undefined when the move is not allowed. */
  move(event: CloudEvent): LegState | undefined {
    const header = event.data.header as LegHeader;
    const leg = event.type === requestSubmitted.type ? submitted(header as SubmittedHeader) : this.moved(event, header);
    if (leg) this.set(leg);
    return leg;
  }

  private moved(event: CloudEvent, header: LegHeader): LegState | undefined {
    const leg = this.legs.get(header.legId);
    if (!leg) return undefined;
    const by = header.sender.participant === leg.requester.participant ? 'REQUESTER' : 'ADDRESSEE';
    const to = findLegMove(event.type, by, leg.status)?.to;
    if (to === undefined) return undefined;
    const now = new Date().toISOString();
    const isDelivery = event.type === legDelivered.type;
    return {
      ...leg,
      version: leg.version + 1,
      status: to === 'SAME' ? leg.status : to === 'RESUME' ? 'ACKNOWLEDGED' : to,
      ...(isDelivery ? { deliveredAt: now, clock: runningClock(now) } : {}),
      ...(event.type === legRead.type ? { readAt: now } : {}),
      ...(event.type === reconsiderationAsked.type ? { reconsidered: true } : {}),
      pendingClarification: (header as { clarificationId?: string }).clarificationId,
    };
  }
}

type SubmittedHeader = HeaderOf<typeof requestSubmitted>;

function submitted(header: SubmittedHeader): LegState {
  const { requestId, legId, kind, priority, sender, recipient } = header;
  return {
    legId,
    requestId,
    version: 1,
    status: 'SUBMITTED',
    kind,
    priority,
    requester: { participant: sender.participant, desk: sender.desk },
    addressee: recipient,
    submittedAt: new Date().toISOString(),
    clock: { state: 'NOT_STARTED', pausedMs: 0 },
    overdue: false,
    excused: false,
    reconsidered: false,
  };
}

function runningClock(startedAt: string): LegState['clock'] {
  return {
    state: 'RUNNING',
    startedAt,
    pausedMs: 0,
    dueAt: new Date(Date.parse(startedAt) + 8 * 3_600_000).toISOString(),
  };
}
