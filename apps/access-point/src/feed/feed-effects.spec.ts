import { type LegHeader, type LegState, legAcknowledged, requestSubmitted } from '#libs/contracts';
import type { VerifiedEnvelope } from '#libs/envelope';
import { type KnownHere, planEffects } from './feed-effects.js';
import type { FeedFact, ReceivedContent, VerifiedFact } from './feed-fact.js';

const rs = 'urn:serai:participant:rs';
const iq = 'urn:serai:participant:iq';
const nothing: KnownHere = { peerOfLeg: new Map(), messages: new Set(), events: new Set(), ownEnvelopes: new Map() };
const stored: ReceivedContent = { state: 'STORED', plaintext: { title: 't' } };

const leg = (version: number): LegState => ({ legId: 'leg', version, status: 'SUBMITTED' }) as LegState;

function message(type: string, id: string, source = rs): VerifiedEnvelope<LegHeader> {
  const header = {
    requestId: 'r',
    legId: 'leg',
    sender: { participant: source, desk: 'd1', officer: 'o-12345678' },
    recipient: { participant: iq, desk: 'd2' },
    kind: 'IDENTITY',
    priority: 'ROUTINE',
    items: 2,
  };
  return {
    jws: `jws-${id}`,
    sha256: `sha-${id}`,
    contract: { type },
    event: { id, source, subject: 'leg', type, time: 't', data: { header } },
  } as unknown as VerifiedEnvelope<LegHeader>;
}

function received(eventId: string, of: VerifiedEnvelope<LegHeader>, content = stored, version = 1): VerifiedFact {
  return {
    kind: 'received',
    eventId,
    eventJws: `e-${eventId}`,
    acceptedAt: 'at',
    leg: leg(version),
    message: of,
    content,
  };
}

function plan(facts: FeedFact['fact'][], known: Partial<KnownHere> = {}) {
  const entries = facts.map((fact, index) => ({
    entry: { sequence: index + 1, hash: 'h', event: `e${index + 1}` },
    fact,
  }));
  return planEffects(entries, { ...nothing, ...known });
}

const codes = (effects: ReturnType<typeof plan>) => effects.quarantined.map(({ code }) => code);
const request = message(requestSubmitted.type, 'm1');
const move = message(legAcknowledged.type, 'm2');
const NONE: ReceivedContent = { state: 'NONE' };

describe(planEffects.name, () => {
  it('stores a request and states its delivery', () => {
    const effects = plan([received('1', request)]);
    expect(effects.legs).toMatchObject([
      { legId: 'leg', direction: 'incoming', ownDesk: 'd2', items: 2, submissionId: 'm1' },
    ]);
    expect(effects.legs[0]?.requester).toEqual({ participant: rs, desk: 'd1' });
    expect(effects.deliveries).toEqual([{ leg: effects.legs[0], submission: 'sha-m1' }]);
    expect(effects.contents).toEqual([{ recordId: 'm1', content: { title: 't' } }]);
    expect(effects.messages).toMatchObject([{ envelopeId: 'm1', jws: 'jws-m1', eventJws: 'e-1', content: 'STORED' }]);
    expect(effects.events).toEqual(['1']);
    expect(effects.quarantined).toEqual([]);
  });

  it('does not deliver a request that it cannot read', () => {
    for (const content of [{ state: 'UNREADABLE', code: 'ERR_ENVELOPE_UNDECRYPTABLE' } as const, NONE]) {
      const effects = plan([received('1', request, content), received('2', move, NONE, 2)]);
      expect(codes(effects)).toEqual([
        content.state === 'NONE' ? 'ERR_ENVELOPE_SCHEMA' : 'ERR_ENVELOPE_UNDECRYPTABLE',
        'ERR_LEG_UNKNOWN',
      ]);
      expect(effects).toMatchObject({ legs: [], messages: [], contents: [], deliveries: [] });
      expect(effects.states.size).toBe(0);
    }
  });

  it('keeps a move whose content it cannot read, and says so', () => {
    const unreadable = { state: 'UNREADABLE', code: 'ERR_ENVELOPE_UNDECRYPTABLE' } as const;
    const effects = plan([received('1', move, unreadable, 2)], { peerOfLeg: new Map([['leg', rs]]) });
    expect(effects.messages).toMatchObject([{ envelopeId: 'm2', content: 'UNREADABLE' }]);
    expect(effects.states.get('leg')?.version).toBe(2);
    expect(codes(effects)).toEqual(['ERR_ENVELOPE_UNDECRYPTABLE']);
  });

  it('takes the last state of a leg in the batch', () => {
    const effects = plan([
      received('1', request),
      received('2', move, NONE, 2),
      { kind: 'leg-state', eventId: '3', eventJws: 'e-3', leg: leg(3) },
    ]);
    expect([...effects.states.values()].map(({ version }) => version)).toEqual([3]);
    expect(effects.legEvents).toEqual([{ eventId: '3', legId: 'leg', jws: 'e-3' }]);
  });

  it('gives an event one effect, within a batch and across batches', () => {
    const effects = plan([received('1', request), received('1', request)]);
    expect(effects.legs).toHaveLength(1);
    expect(effects.quarantined).toEqual([]);
    expect(plan([received('1', request)], { events: new Set(['1']) })).toMatchObject({ legs: [], events: [] });
  });

  it('quarantines what contradicts the known: a leg twice, an envelope twice, a stranger, an unknown leg', () => {
    const peerOfLeg = new Map([['leg', rs]]);
    expect(codes(plan([received('1', request)], { peerOfLeg }))).toEqual(['ERR_LEG_DUPLICATE']);
    expect(codes(plan([received('1', move, NONE)], { peerOfLeg, messages: new Set(['m2']) }))).toEqual([
      'ERR_ENVELOPE_CONFLICT',
    ]);
    const stranger = message(legAcknowledged.type, 'm3', 'urn:serai:participant:tr');
    expect(codes(plan([received('1', stranger, NONE)], { peerOfLeg }))).toEqual(['ERR_LEG_NOT_A_PARTY']);
    const ofUnknown = plan([{ kind: 'leg-state', eventId: '1', eventJws: 'e', leg: leg(2) }]);
    expect(codes(ofUnknown)).toEqual(['ERR_LEG_UNKNOWN']);
    expect(ofUnknown.legEvents).toEqual([]);
  });

  it('keeps the decision on an own envelope, and quarantines one that was not signed here', () => {
    const decided: VerifiedFact = {
      kind: 'decided',
      eventId: '1',
      eventJws: 'e',
      envelope: { id: 'own', sha256: 'sha' },
      decidedAt: 'at',
      leg: leg(2),
    };
    const peerOfLeg = new Map([['leg', rs]]);
    const effects = plan([decided], { peerOfLeg, ownEnvelopes: new Map([['own', 'sha']]) });
    expect(effects.decisions).toMatchObject([{ envelopeId: 'own', state: 'ACCEPTED' }]);
    expect(effects.states.get('leg')?.version).toBe(2);
    for (const ownEnvelopes of [new Map(), new Map([['own', 'other bytes']])]) {
      const foreign = plan([decided], { peerOfLeg, ownEnvelopes });
      expect(codes(foreign)).toEqual(['ERR_ENVELOPE_CONFLICT']);
      expect(foreign).toMatchObject({ decisions: [], states: new Map() });
    }
  });

  it('keeps entries that did not verify as they came', () => {
    expect(plan([{ kind: 'quarantined', code: 'ERR_ENVELOPE_SIGNATURE' }]).quarantined).toEqual([
      { sequence: 1, event: 'e1', code: 'ERR_ENVELOPE_SIGNATURE' },
    ]);
  });
});
