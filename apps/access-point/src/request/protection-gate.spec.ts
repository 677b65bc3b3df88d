import type { DescribedRequest } from '#libs/contracts';
import { protectionGate, withoutProtection } from './protection-gate.js';

type Subject = DescribedRequest['subjects'][number];

const person = (change: Partial<Subject> = {}): Subject => ({
  category: 'SUSPECT',
  names: [],
  nationalities: ['IRQ'],
  documents: [],
  identifiers: [],
  ...change,
});
const issuedBy = (issuer: string): Subject['documents'] => [{ type: 'PASSPORT', number: 'X0000017', issuer }];

describe(protectionGate.name, () => {
  it.each<[string, Partial<Subject>, string]>([
    ['has not sought protection', { protection: 'NOT_SOUGHT' }, 'OPEN'],
    ['is a national of another country', { nationalities: ['TUR'] }, 'OPEN'],
    ['has sought protection from another country', { nationalities: ['TUR'], protection: 'SOUGHT_OR_GRANTED' }, 'OPEN'],
    ['may have sought protection', { protection: 'UNKNOWN' }, 'HELD'],
    ['is silent about protection', {}, 'HELD'],
    ['has no nationality', { nationalities: [] }, 'HELD'],
    ['has an unspecified nationality', { nationalities: ['XXX'] }, 'HELD'],
    ['has a nationality that nobody knows', { nationalities: ['QQQ'] }, 'HELD'],
    ['shows a document of that country', { nationalities: ['TUR'], documents: issuedBy('IRQ') }, 'HELD'],
    ['is a refugee from nobody knows where', { nationalities: ['XXB'], protection: 'NOT_SOUGHT' }, 'HELD'],
    ['has sought protection', { protection: 'SOUGHT_OR_GRANTED' }, 'CLOSED'],
    ['is a refugee of that country', { nationalities: ['XXC', 'IRQ'], protection: 'NOT_SOUGHT' }, 'CLOSED'],
  ])('towards Iraq, about somebody who %s', (_, change, verdict) => {
    expect(protectionGate([person(change)], 'IQ')).toBe(verdict);
  });

  it('goes by the person who needs it most', () => {
    const persons = [person({ protection: 'NOT_SOUGHT' }), person(), person({ protection: 'SOUGHT_OR_GRANTED' })];
    expect(protectionGate(persons.slice(0, 1), 'IQ')).toBe('OPEN');
    expect(protectionGate(persons.slice(0, 2), 'IQ')).toBe('HELD');
    expect(protectionGate(persons, 'IQ')).toBe('CLOSED');
  });

  it('knows nationals under other names', () => {
    expect(protectionGate([person({ nationalities: ['D'] })], 'DE')).toBe('HELD');
    expect(protectionGate([person({ nationalities: ['GBN'] })], 'GB')).toBe('HELD');
    expect(protectionGate([person({ nationalities: ['D'] })], 'GB')).toBe('OPEN');
  });

  it('lets nobody be a national of an organisation, and asks nothing where there is nobody', () => {
    expect(protectionGate([person({ protection: 'SOUGHT_OR_GRANTED' })], undefined)).toBe('OPEN');
    expect(protectionGate([], 'IQ')).toBe('OPEN');
  });
});

describe(withoutProtection.name, () => {
  it('leaves nothing of it, and everything else', () => {
    const content = { title: 't', subjects: [person({ protection: 'UNKNOWN' })] } as DescribedRequest;
    expect(withoutProtection(content)).toEqual({ title: 't', subjects: [person()] });
    expect(JSON.stringify(withoutProtection(content))).not.toContain('protection');
  });
});
