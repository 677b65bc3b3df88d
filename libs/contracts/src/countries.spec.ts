import { isCodeOf } from './countries.js';

describe(isCodeOf.name, () => {
  it.each([
    ['IRQ', 'IQ', true],
    ['IRQ', 'IR', false],
    ['BGR', 'BG', true],
    ['SRB', 'RS', true],
    ['TUR', 'TR', true],
    ['D', 'DE', true],
    ['DEU', 'DE', true],
    ['GBP', 'GB', true],
    ['RKS', 'XK', true],
    ['SRB', 'XK', false],
  ])('%s and %s: %s', (code, country, expected) => {
    expect(isCodeOf(code, country)).toBe(expected);
  });

  it.each(['XXA', 'XXB', 'XXC', 'XXX', 'QQQ', 'UNO'])('does not know whose nationals %s are', (code) => {
    expect(isCodeOf(code, 'IQ')).toBeUndefined();
  });

  it('does not know a country that is none', () => {
    expect(isCodeOf('IRQ', 'ZZ')).toBeUndefined();
  });
});
