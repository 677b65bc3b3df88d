import type { DeadlineProfile } from './deadline-profile.entity.js';
import { profileInForce } from './deadline-profile.js';

const RS = 'urn:serai:participant:rs';
const IQ = 'urn:serai:participant:iq';
const TR = 'urn:serai:participant:tr';

const profile = (id: string, from: string, changed: Partial<DeadlineProfile> = {}): DeadlineProfile => ({
  id,
  priority: 'ROUTINE',
  requester: null,
  addressee: null,
  allowed: 'P7D',
  effectiveFrom: new Date(from),
  ...changed,
});

const PROFILES = [
  profile('first', '2020-01-01T00:00:00.000Z'),
  profile('second', '2026-01-01T00:00:00.000Z', { allowed: 'P5D' }),
  profile('pair', '2025-01-01T00:00:00.000Z', { requester: RS, addressee: IQ, allowed: 'P10D' }),
  profile('urgent', '2020-01-01T00:00:00.000Z', { priority: 'URGENT_DIRECT', allowed: 'PT8H' }),
];
const question = { priority: 'ROUTINE', requester: RS, addressee: TR } as const;
const at = (text: string) => new Date(text);

describe(profileInForce.name, () => {
  it('takes the one that took effect last', () => {
    expect(profileInForce(PROFILES, question, at('2025-12-31T23:59:59.999Z')).id).toBe('first');
    expect(profileInForce(PROFILES, question, at('2026-01-01T00:00:00.000Z')).id).toBe('second');
  });

  it('takes one for the pair before one for all, in its direction only', () => {
    const now = at('2026-06-01T00:00:00.000Z');
    expect(profileInForce(PROFILES, { ...question, addressee: IQ }, now).id).toBe('pair');
    expect(profileInForce(PROFILES, { ...question, requester: IQ, addressee: RS }, now).id).toBe('second');
    expect(profileInForce(PROFILES, { ...question, addressee: IQ }, at('2024-06-01T00:00:00.000Z')).id).toBe('first');
  });

  it('keeps priorities apart', () => {
    const urgent = { ...question, priority: 'URGENT_DIRECT' } as const;
    expect(profileInForce(PROFILES, urgent, at('2026-06-01T00:00:00.000Z')).allowed).toBe('PT8H');
  });

  it.each([
    ['before the first', question, '2019-12-31T23:59:59.999Z'],
    ['for a priority without any', { ...question, priority: 'NO_DEADLINE' as const }, '2026-06-01T00:00:00.000Z'],
  ])('fails %s', (_name, asked, when) => {
    expect(() => profileInForce(PROFILES, asked, at(when))).toThrow(
      expect.objectContaining({ code: 'ERR_INTERNAL_UNEXPECTED' }),
    );
  });
});
