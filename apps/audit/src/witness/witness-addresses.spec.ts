import { witnessAddresses } from './witness-addresses.js';

describe('witnessAddresses', () => {
  it('reads names and addresses', () => {
    expect([...witnessAddresses.parse('rs=https://rs.example/witness/, iq=http://127.0.0.1:4201')]).toEqual([
      ['rs', 'https://rs.example/witness'],
      ['iq', 'http://127.0.0.1:4201'],
    ]);
  });

  it.each([
    '',
    'rs',
    'rs=',
    '=https://rs.example',
    'rs=ftp://rs.example',
    'rs=https://a.example,rs=https://b.example',
    'rs=https://a.example,',
  ])('refuses %j', (value) => {
    expect(witnessAddresses.safeParse(value).success).toBe(false);
  });
});
