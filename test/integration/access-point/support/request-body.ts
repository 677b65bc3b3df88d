import type { NewRequest } from '#libs/contracts';
import { deskOf, type MemberId, urnOf } from './community.js';

/** Words and names that must be nowhere in clear. All persons are invented. */
export const PLANTED = {
  latin: 'Milica Primerović',
  arabic: 'ليلى المثالية',
  cyrillic: 'Милица Примеровић',
  han: '样例女士',
  document: 'SRB0012345X',
  word: 'plantedquestionword',
} as const;

/** A valid urgent request. */
export function requestTo(members: readonly MemberId[], overrides: Partial<NewRequest> = {}): NewRequest {
  return {
    recipients: members.map((id) => ({ participant: urnOf(id), desk: deskOf(id) })),
    kind: 'IDENTITY',
    priority: 'URGENT_DIRECT',
    urgencyGround: 'DEPRIVATION_OF_LIBERTY_DECISION',
    channelNature: 'INFORMAL_POLICE',
    handling: 'H1',
    caveats: [],
    content: {
      language: 'en',
      title: `Identity of ${PLANTED.latin}`,
      facts: [{ basis: 'FACT', text: `Stopped at the border, says ${PLANTED.word}.` }],
      subjects: [
        {
          category: 'SUSPECT',
          names: [
            { kind: 'PRIMARY', script: 'Latn', full: PLANTED.latin },
            { kind: 'ALIAS', script: 'Arab', full: PLANTED.arabic },
            { kind: 'ALIAS', script: 'Cyrl', full: PLANTED.cyrillic },
            { kind: 'ALIAS', script: 'Hani', full: PLANTED.han },
          ],
          birth: { date: '1989', approximate: true },
          nationalities: ['XXX'],
          protection: 'NOT_SOUGHT',
          documents: [{ type: 'PASSPORT', number: PLANTED.document }],
          identifiers: [],
        },
      ],
      items: [
        { itemId: '1', question: 'Is the identity genuine?' },
        { itemId: '2', question: 'Is the person known?' },
      ],
      purposeLink: 'Smuggling case of a test.',
      reasonToBelieve: 'The person claims to be from there.',
      urgencyReason: 'Custody ends at 14:00.',
    },
    ...overrides,
  };
}
