import type { EnvelopeView, LegMessage, LegSummary, LegView, MessageReceipt, ReceiptLevel } from '#libs/contracts';
import { shortUrn } from '../urn.js';

/** `3 h 59 min`, `2 d 4 h`, `overdue by 12 min`. */
export function duration(ms: number): string {
  const minutes = Math.floor(Math.abs(ms) / 60_000);
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  const words = days > 0 ? `${days} d ${hours} h` : hours > 0 ? `${hours} h ${rest} min` : `${rest} min`;
  return ms < 0 ? `overdue by ${words}` : words;
}

/** `serai.requests.leg.clarification-asked.v1` as `leg clarification-asked`. */
export const typeWords = (type: string): string => type.replace(/^serai\.\w+\.(.+)\.v\d+$/, '$1').replace('.', ' ');

/** How a leg stands, in one word. */
export const standing = (leg: LegSummary): string =>
  leg.status ?? (leg.submission === 'REFUSED' ? `NOT SENT (${leg.problem?.code})` : leg.submission);

export function legRow(leg: LegSummary): string[] {
  const other =
    leg.direction === 'incoming' ? `from ${shortUrn(leg.requester.desk)}` : `to ${shortUrn(leg.addressee.desk)}`;
  const left = leg.remainingMs === undefined ? '' : duration(leg.remainingMs);
  return [leg.legId, other, leg.kind, leg.priority, standing(leg), left];
}

const messageRow = (message: LegMessage): string[] => [
  message.time,
  message.direction === 'incoming' ? 'received' : 'sent',
  typeWords(message.type),
  message.problem ? `REFUSED ${message.problem.code}` : message.state,
  message.hasContent ? 'has content' : '',
  message.envelopeId,
  message.suspicion ? `SUSPECT: its key counts as stolen from ${message.suspicion.compromisedFrom}` : '',
];

export function legLines(leg: LegView, table: (rows: string[][]) => string[]): string[] {
  const { state } = leg;
  const facts: [string, string | undefined][] = [
    ['leg', leg.legId],
    ['request', leg.requestId],
    ['from', shortUrn(leg.requester.desk)],
    ['to', shortUrn(leg.addressee.desk)],
    ['kind', `${leg.kind}, ${leg.priority}`],
    ['status', standing(leg)],
    ['submitted', state?.submittedAt],
    ['delivered', state?.deliveredAt],
    ['read', state?.readAt],
    ['clock', state?.clock.state],
    ['time left', leg.remainingMs === undefined ? undefined : duration(leg.remainingMs)],
    ['due', state?.clock.dueAt],
    ['outcome', state?.outcome],
    ['waits for', leg.pendingRefusal ? `countersignature of refusal ${leg.pendingRefusal.refusalId}` : undefined],
    ['erased', leg.erased && `${leg.erased.erasedAt}, ${leg.erased.reason}`],
    ['held', leg.held ? 'it is not erased while a hold stands' : undefined],
    ['you may', leg.actions.join(', ') || 'nothing'],
  ];
  return [
    ...table(facts.filter(([, value]) => value !== undefined).map(([name, value]) => [name, value ?? ''])),
    '',
    ...table(leg.messages.map(messageRow)),
  ];
}

export function envelopeLine({ envelopeId, state, problem }: EnvelopeView): string {
  const meaning = {
    QUEUED: 'signed and kept here; it goes out when the hub answers',
    RECEIVED: 'durable at the hub; its rules have not decided yet',
    ACCEPTED: 'accepted by the hub',
    REFUSED: `refused by the hub: ${problem?.detail} (${problem?.code})`,
  }[state];
  return `${envelopeId} ${meaning}`;
}

const LEVELS = {
  ACCEPTED: 'the hub has it and signed that',
  SEQUENCED: 'it has its place in the log, no checkpoint holds it yet',
  LOGGED: 'a checkpoint holds it that the log has signed',
  WITNESSED: 'a checkpoint holds it that enough witnesses have cosigned',
} as const satisfies Record<ReceiptLevel, string>;

export function receiptLine({ envelopeId, level, opening, problem }: MessageReceipt): string {
  const refused = problem === undefined ? '' : `; refused: ${problem.detail} (${problem.code})`;
  if (level === undefined) return `${envelopeId} the hub does not have it${refused}`;
  const leaf = opening === undefined ? '' : `, leaf ${opening.index}`;
  return `${envelopeId} ${level}: ${LEVELS[level]}${leaf}${refused}`;
}
