import type { z } from 'zod';
import {
  agencyUrn,
  deskUrn,
  instant,
  itemId,
  languageTag,
  officerPseudonym,
  participantUrn,
  participantUrnOf,
  partyUrn,
  producerSequence,
  serviceUrnOf,
  sha256,
  uuid7,
} from './identifiers.js';

const HASH = 'uU0nuZNNPgilLlLX2n2r-sSE7-N6U4DukIj3rOLvzek';

const TAKEN: [string, z.ZodType, string[]][] = [
  ['a UUIDv7', uuid7, ['019ab000-0000-7000-8000-0000000000d1', '019ab000-0000-7fff-bfff-ffffffffffff']],
  ['an instant', instant, ['2026-11-22T03:12:06.123Z', '2024-02-29T23:59:59.999Z']],
  ['a SHA-256', sha256, [HASH, `${'A'.repeat(43)}`]],
  ['a producer number', producerSequence, ['1', '9999999999999999999']],
  [
    'a participant',
    participantUrn,
    ['urn:serai:participant:rs', 'urn:serai:participant:a', 'urn:serai:participant:partner-2'],
  ],
  ['a party', partyUrn, ['urn:serai:participant:rs', 'urn:serai:service:requests']],
  ['an agency', agencyUrn, ['urn:serai:agency:rs:border-police']],
  ['a desk', deskUrn, ['urn:serai:desk:iq:ncc', 'urn:serai:desk:iq:ncc-2']],
  ['an officer', officerPseudonym, ['o-3f9a1c2e', `o-${'a'.repeat(32)}`]],
  ['an item', itemId, ['1', '10', '99']],
  ['a language', languageTag, ['sr', 'sr-Cyrl', 'ckb', 'pt-BR', 'zh-Hant-TW']],
];

const REFUSED: [string, z.ZodType, string[]][] = [
  [
    'a UUIDv7',
    uuid7,
    [
      '',
      '0b8f6a44-9d1e-4c1a-8f0e-2f1f4c0f9a11',
      '019AB000-0000-7000-8000-0000000000D1',
      '019ab000-0000-7000-c000-0000000000d1',
      '019ab000-0000-7000-8000-0000000000d1\n',
    ],
  ],
  [
    'an instant',
    instant,
    [
      '2026-11-22',
      '2026-11-22T03:12:06Z',
      '2026-11-22T03:12:06.123+00:00',
      '2026-02-30T00:00:00.000Z',
      '2026-11-22T24:00:00.000Z',
      '2026-11-22t03:12:06.123z',
    ],
  ],
  ['a SHA-256', sha256, [`${HASH}=`, HASH.slice(1), `${HASH.slice(0, 42)}B`, HASH.replace('-', '+')]],
  ['a producer number', producerSequence, ['0', '01', '-1', '1e3', '10000000000000000000']],
  [
    'a participant',
    participantUrn,
    [
      'urn:serai:participant:RS',
      'urn:serai:participant:rs-',
      'urn:serai:participant:',
      `urn:serai:participant:${'a'.repeat(33)}`,
      'urn:serai:participant:rs:x',
      'URN:serai:participant:rs',
    ],
  ],
  ['a party', partyUrn, ['urn:serai:desk:rs:ncc', 'urn:serai:agency:rs:ncc', 'rs']],
  ['an agency', agencyUrn, ['urn:serai:agency:rs', 'urn:serai:desk:rs:ncc']],
  ['a desk', deskUrn, ['urn:serai:desk:iq', 'urn:serai:desk:iq:ncc:2', 'urn:serai:desk:iq:NCC']],
  ['an officer', officerPseudonym, ['o-short', 'o-UPPERCASE', 'Milica Primerović', `o-${'a'.repeat(33)}`]],
  ['an item', itemId, ['0', '100', '01', '1a', '']],
  ['a language', languageTag, ['SR', 'english', 'sr_Cyrl', 'sr-cyrl', 'sr-']],
];

const each = (rows: [string, z.ZodType, string[]][]) =>
  rows.flatMap(([name, schema, texts]) => texts.map((text): [string, string, z.ZodType] => [text, name, schema]));

describe('identifiers', () => {
  it.each(each(TAKEN))('%j is %s', (text, _name, schema) => {
    expect(schema.safeParse(text).data).toBe(text);
  });

  it.each(each(REFUSED))('%j is not %s', (text, _name, schema) => {
    expect(schema.safeParse(text).success).toBe(false);
  });

  it('are built from short names, and from nothing else', () => {
    expect(participantUrnOf('rs')).toBe('urn:serai:participant:rs');
    expect(serviceUrnOf('requests')).toBe('urn:serai:service:requests');
    for (const name of ['', 'RS', 'rs:x', '../rs']) {
      expect(() => participantUrnOf(name)).toThrow('must be a participant URN');
      expect(() => serviceUrnOf(name)).toThrow('must be a service URN');
    }
  });
});
