import type { SignedEnvelope } from '#libs/envelope';
import { OwnEnvelopes } from './own-envelopes.js';

const signed = (nth: number): SignedEnvelope =>
  ({
    sha256: `hash-${nth}`,
    event: { id: `id-${nth}`, type: 'serai.requests.leg.read.v1', subject: 'leg' },
  }) as SignedEnvelope;

describe(OwnEnvelopes.name, () => {
  it('knows what was signed by its hash alone', () => {
    const own = new OwnEnvelopes();
    own.remember([signed(1), signed(2)]);
    expect(own.find('hash-2')).toEqual({ id: 'id-2', type: 'serai.requests.leg.read.v1', legId: 'leg' });
    expect(own.find('hash-3')).toBeUndefined();
    expect(own.find('id-2')).toBeUndefined();
  });

  it('forgets the oldest', () => {
    const own = new OwnEnvelopes();
    own.remember(Array.from({ length: 10_001 }, (_, nth) => signed(nth)));
    expect(own.find('hash-0')).toBeUndefined();
    expect(own.find('hash-1')).toBeDefined();
    expect(own.find('hash-10000')).toBeDefined();
  });
});
