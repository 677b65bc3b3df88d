import {
  deadlineOverrun,
  deadlineWarned,
  envelopeAccepted,
  envelopeRefused,
  legAnswered,
  legClosed,
  legLapsed,
  MESSAGE_CONTRACTS,
} from '#libs/contracts';
import { letTimePass } from './leg.clock.js';
import { acceptedEvent, type LegEvent, passedEvent, refusedEvent } from './leg.events.js';
import { at, IQ, LEG_ID, legIn, message, RS, TR } from './leg.fixtures.js';
import { NO_SUCH_LEG } from './leg.state.js';

const NOW = at('2026-11-22T05:00:00.000Z');

/** As a reader gets it: undefined members do not travel. */
const read = ({ header }: LegEvent) => JSON.parse(JSON.stringify(header));

const matchesContract = (event: LegEvent) =>
  expect(MESSAGE_CONTRACTS.get(event.type)?.header.safeParse(read(event)).error).toBeUndefined();

describe(acceptedEvent.name, () => {
  const answered = message(legAnswered);
  const event = acceptedEvent(answered, legIn('ANSWERED'), NOW);

  it('is for both parties, names its cause and says what the leg is now', () => {
    matchesContract(event);
    expect(event).toMatchObject({ type: envelopeAccepted.type, subject: LEG_ID, cause: answered });
    expect(read(event)).toMatchObject({
      audience: [RS.participant, IQ.participant],
      envelope: { id: answered.event.id, type: legAnswered.type, source: IQ.participant, sha256: answered.sha256 },
      acceptedAt: NOW.toISOString(),
      leg: { legId: LEG_ID, status: 'ANSWERED' },
    });
  });

  it('repeats nothing of the header that the leg does not need', () => {
    expect(JSON.stringify(read(event))).not.toContain('officer');
    expect(read(event)).not.toHaveProperty('leg.submission');
    expect(read(event)).not.toHaveProperty('leg.partlyAnswered');
  });
});

describe(refusedEvent.name, () => {
  it('is for the sender alone', () => {
    const refusal = { code: 'ERR_LEG_MOVE_NOT_ALLOWED', message: 'Not now.' } as const;
    const event = refusedEvent(message(legClosed, { from: RS }), refusal, NOW);
    matchesContract(event);
    expect(event).toMatchObject({ type: envelopeRefused.type, subject: LEG_ID });
    expect(read(event)).toMatchObject({
      audience: [RS.participant],
      problem: { code: 'ERR_LEG_MOVE_NOT_ALLOWED', status: 409, detail: 'Not now.' },
    });
    expect(read(event)).not.toHaveProperty('leg');
  });

  it('tells a stranger the same about a leg of others as about one that does not exist', () => {
    const stranger = message(legAnswered, { from: TR, to: RS });
    const foreign = refusedEvent(stranger, { code: 'ERR_LEG_NOT_A_PARTY', message: NO_SUCH_LEG }, NOW);
    const unknown = refusedEvent(stranger, { code: 'ERR_LEG_UNKNOWN', message: NO_SUCH_LEG }, NOW);
    expect(read(foreign)).toEqual(read(unknown));
    expect(JSON.stringify(read(foreign))).not.toContain('NOT_A_PARTY');
  });
});

describe(passedEvent.name, () => {
  const { passed } = letTimePass(legIn('DELIVERED'), at('2026-11-23T05:00:00.000Z'));
  const [lapse] = letTimePass(legIn('ANSWERED'), at('2027-01-22T05:00:00.000Z')).passed;

  it('warns with the share that is used up, then says that the time is over', () => {
    const events = passed.map(passedEvent);
    events.forEach(matchesContract);
    expect(events.map((event) => [event.type, read(event).percent])).toEqual([
      [deadlineWarned.type, 50],
      [deadlineWarned.type, 80],
      [deadlineWarned.type, 100],
      [deadlineOverrun.type, undefined],
    ]);
    expect(events.every((event) => event.cause === undefined && event.subject === LEG_ID)).toBe(true);
    expect(events.map((event) => read(event).leg.overdue)).toEqual([false, false, false, true]);
    expect(read(events[0]!).audience).toEqual([RS.participant, IQ.participant]);
  });

  it('says that nobody closed the leg', () => {
    const event = passedEvent(lapse!);
    matchesContract(event);
    expect(event.type).toBe(legLapsed.type);
    expect(read(event)).toMatchObject({ leg: { status: 'CLOSED', outcome: 'NOT_STATED' } });
  });
});
