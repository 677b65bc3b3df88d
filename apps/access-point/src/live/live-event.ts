import type {
  ApprovalKind,
  ApprovalState,
  EnvelopeState,
  EscalationStep,
  LegAttachment,
  LiveEvent,
  LogAlarmKind,
} from '#libs/contracts';

export type LiveEventKind = LiveEvent['event'];

/** A live event that is to be kept: what it is about decides who may see it. */
export interface NewLiveEvent {
  readonly kind: LiveEventKind;
  readonly legId: string;
  /** Whose it is where there is no leg yet. */
  readonly desk?: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A live event that was kept, with the desks that may see it. */
export interface LiveEventRecord {
  readonly position: number;
  readonly kind: LiveEventKind;
  readonly detail: Readonly<Record<string, unknown>>;
  /** Null for an event of an envelope that belongs to no leg: for whoever sees all of the country. */
  readonly ownDesk: string | null;
  readonly assignedDesks: readonly string[];
}

export function envelopeChanged(change: { envelopeId: string; legId: string; state: EnvelopeState }): NewLiveEvent {
  const { envelopeId, legId, state } = change;
  return { kind: 'envelope.changed', legId, detail: { envelopeId, state } };
}

export function legChanged(change: { legId: string; version: number; status: string | null }): NewLiveEvent {
  const { legId, version, status } = change;
  return { kind: 'leg.changed', legId, detail: { legId, version, ...(status === null ? {} : { status }) } };
}

/** A step of the ladder, as its event said. */
export function legEscalated(change: EscalationStep & { legId: string }): NewLiveEvent {
  const { legId, step, rung, at, onDuty } = change;
  const detail = { legId, step, rung, at, ...(onDuty === undefined ? {} : { onDuty }) };
  return { kind: 'leg.escalated', legId, detail };
}

/** An attachment was carried on, or has arrived, or was given up. */
export function attachmentChanged(change: LegAttachment & { legId: string; envelopeId: string }): NewLiveEvent {
  const { legId, ...detail } = change;
  return { kind: 'attachment.changed', legId, detail };
}

/** Something waits for a second person, or no longer. */
export function approvalChanged(change: {
  approvalId: string;
  kind: ApprovalKind;
  state: ApprovalState;
  legId: string;
  desk: string;
}): NewLiveEvent {
  const { approvalId, kind, state, legId, desk } = change;
  return { kind: 'approval.changed', legId, desk, detail: { approvalId, kind, state, legId } };
}

/** An alarm about the audit log, which belongs to no leg: for whoever sees all of the country. */
export function logChanged(change: {
  alarmId: string;
  kind: LogAlarmKind;
  state: 'INTACT' | 'DISTRUST';
}): NewLiveEvent {
  return { kind: 'log.changed', legId: change.alarmId, detail: change };
}
