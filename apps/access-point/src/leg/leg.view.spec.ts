import type { LegState, OfficerRole } from '#libs/contracts';
import type { Officer } from '../officer/officer.js';
import type { LegRecord } from './leg.repository.js';
import { actionsOf, legSummaryOf } from './leg.view.js';

const desk = 'urn:serai:desk:iq:ncc';
const now = new Date('2026-11-22T03:00:00.000Z');

function leg(state: Partial<LegState> | null, change: Partial<LegRecord> = {}): LegRecord {
  return {
    legId: 'l',
    requestId: 'r',
    direction: 'incoming',
    ownDesk: desk,
    assignedDesks: [],
    kind: 'IDENTITY',
    priority: 'URGENT_DIRECT',
    requesterParticipant: 'rs',
    requesterDesk: 'urn:serai:desk:rs:ncc',
    addresseeParticipant: 'iq',
    addresseeDesk: desk,
    items: 2,
    submissionId: 's',
    createdAt: now,
    version: 1,
    state: state as LegState | null,
    dueAt: null,
    assigned: false,
    submission: 'ACCEPTED',
    problem: null,
    pendingTypes: [],
    ...change,
  };
}

const officer = (...roles: OfficerRole[]): Officer => ({
  subject: 's',
  name: 'n',
  pseudonym: 'o-12345678',
  roles,
  desks: [desk],
  until: now,
});

describe(legSummaryOf.name, () => {
  const dueAt = '2026-11-22T03:10:00.000Z';

  it('says how much time is left: of a running clock till now, of a paused one till the pause', () => {
    const clock = { state: 'RUNNING', pausedMs: 0, dueAt } as const;
    expect(legSummaryOf(leg({ status: 'DELIVERED', clock }), now).remainingMs).toBe(600_000);
    const late = new Date('2026-11-22T03:11:00.000Z');
    expect(legSummaryOf(leg({ status: 'DELIVERED', clock }), late).remainingMs).toBe(-60_000);
    const paused = { state: 'PAUSED', pausedMs: 0, dueAt, pausedSince: '2026-11-22T03:04:00.000Z' } as const;
    expect(legSummaryOf(leg({ status: 'CLARIFICATION_SOUGHT', clock: paused }), late).remainingMs).toBe(360_000);
  });

  it('says nothing of time where no clock runs', () => {
    for (const state of ['NOT_STARTED', 'STOPPED', 'NONE'] as const) {
      const summary = legSummaryOf(leg({ status: 'SUBMITTED', clock: { state, pausedMs: 0, dueAt } }), now);
      expect(summary).not.toHaveProperty('remainingMs');
    }
    expect(legSummaryOf(leg(null), now)).not.toHaveProperty('state');
  });

  it('shows ASSIGNED only for a leg that was taken on', () => {
    const clock = { state: 'RUNNING', pausedMs: 0 } as const;
    const statusOf = (status: LegState['status'], assigned: boolean) =>
      legSummaryOf(leg({ status, clock }, { assigned }), now).status;
    expect(statusOf('ACKNOWLEDGED', true)).toBe('ASSIGNED');
    expect(statusOf('ACKNOWLEDGED', false)).toBe('ACKNOWLEDGED');
    expect(statusOf('DELIVERED', true)).toBe('DELIVERED');
    expect(legSummaryOf(leg({ status: 'ACKNOWLEDGED', clock }, { assigned: true }), now).state?.status).toBe(
      'ACKNOWLEDGED',
    );
  });
});

describe(actionsOf.name, () => {
  const here = { hasContent: true, pendingRefusal: false };

  it('offers the addressee what its role and the state allow', () => {
    expect(actionsOf(officer('NCC_DUTY_OFFICER'), leg({ status: 'DELIVERED' }), here).sort()).toEqual(
      [
        'acknowledgeLeg',
        'addNote',
        'announceAuthorisation',
        'askClarification',
        'assignLeg',
        'decline',
        'readContent',
        'refuse',
        'respond',
      ].sort(),
    );
  });

  it('offers an assigned investigator to read and to note, and nothing that leaves the country', () => {
    const assigned = leg({ status: 'DELIVERED' }, { assignedDesks: [desk] });
    expect(actionsOf(officer('INVESTIGATOR'), assigned, here).sort()).toEqual(['addNote', 'readContent']);
    expect(actionsOf(officer('INVESTIGATOR'), leg({ status: 'DELIVERED' }), here)).toEqual([]);
  });

  it('offers the requester its own moves only', () => {
    const outgoing = leg({ status: 'ANSWERED' }, { direction: 'outgoing' });
    expect(actionsOf(officer('LIAISON_OFFICER'), outgoing, here).sort()).toEqual(
      ['addNote', 'closeLeg', 'readContent', 'withdrawLeg'].sort(),
    );
  });

  it('offers an answer to a clarification only when one waits', () => {
    const sought = (pendingClarification?: string) =>
      leg({ status: 'CLARIFICATION_SOUGHT', pendingClarification }, { direction: 'outgoing' });
    expect(actionsOf(officer('LIAISON_OFFICER'), sought('c'), here)).toContain('answerClarification');
    expect(actionsOf(officer('LIAISON_OFFICER'), sought(), here)).not.toContain('answerClarification');
  });

  it('offers a countersignature to supervisors only, and only of a refusal that waits', () => {
    const open = leg({ status: 'DELIVERED' });
    const waiting = { ...here, pendingRefusal: true };
    expect(actionsOf(officer('NCC_SUPERVISOR'), open, waiting)).toContain('countersignRefusal');
    expect(actionsOf(officer('NCC_SUPERVISOR'), open, here)).not.toContain('countersignRefusal');
    expect(actionsOf(officer('NCC_DUTY_OFFICER'), open, waiting)).not.toContain('countersignRefusal');
  });
});
