import type { BodyOf } from '#libs/client';
import { deskUrn, participantUrn } from './cast.js';

// The case of the demo. The man, his number and everything about him are invented.

type NewRequest = BodyOf<'submitRequest'>;
type Answer = BodyOf<'respond'>;

const QUESTION: NewRequest['content'] = {
  language: 'en',
  title: 'Who is the man held at Novi Primer?',
  offence: 'Smuggling of migrants (Criminal Code, invented article 350a)',
  facts: [
    { basis: 'FACT', text: 'He drove a van with eleven people in a closed cargo space; he showed no document.' },
    {
      basis: 'ASSESSMENT',
      text: 'He may be the driver whom three witnesses call Abu Mithal.',
      grade: { source: 'B', information: '3' },
    },
  ],
  subjects: [
    {
      category: 'SUSPECT',
      names: [
        { kind: 'PRIMARY', script: 'Latn', family: 'al-Wahmi', given: 'Zayd Mithal' },
        { kind: 'PRIMARY', script: 'Arab', full: 'زيد مثال الوهمي' },
      ],
      birth: { date: '1989', approximate: true },
      birthPlace: 'Erbil (claimed)',
      nationalities: ['IRQ'],
      protection: 'NOT_SOUGHT',
      documents: [{ type: 'PASSPORT', number: 'X0000017', issuer: 'IRQ' }],
      identifiers: [{ kind: 'PHONE', value: '+964 000 000 017' }],
    },
  ],
  items: [
    { itemId: '1', question: 'Is a person with these names and about this age in your civil register?' },
    { itemId: '2', question: 'Is he known to your police under this or another name?' },
  ],
  purposeLink: 'His identity decides whether the investigating judge can order custody.',
  reasonToBelieve: 'He speaks the dialect of Erbil and says that he was registered there.',
  urgencyReason: 'Police custody ends at 14:00 local time.',
};

/** Serbia asks Iraq and Türkiye at once. */
export const REQUEST: NewRequest = {
  recipients: ['iq', 'tr'].map((id) => ({ participant: participantUrn(id), desk: deskUrn(id, 'ncc') })),
  kind: 'IDENTITY',
  priority: 'URGENT_DIRECT',
  urgencyGround: 'DEPRIVATION_OF_LIBERTY_DECISION',
  purpose: 'INVESTIGATION',
  channelNature: 'INFORMAL_POLICE',
  handling: 'H1',
  caveats: [],
  content: QUESTION,
};

/** The same, urgent without a ground: the hub refuses it. */
export const WITHOUT_GROUND: NewRequest = {
  ...REQUEST,
  recipients: REQUEST.recipients.slice(0, 1),
  urgencyGround: undefined,
};

/** No agreement lets Serbia ask Bulgaria for criminal records. */
export const WITHOUT_AGREEMENT: NewRequest = {
  ...REQUEST,
  recipients: [{ participant: participantUrn('bg'), desk: deskUrn('bg', 'ncc') }],
  kind: 'CRIMINAL_RECORD_POLICE_USE',
};

export const NO_RECORD: Answer = {
  final: true,
  language: 'en',
  handling: 'H1',
  caveats: [],
  items: [
    { itemId: '1', result: 'NO_RECORD', statements: [] },
    { itemId: '2', result: 'NO_RECORD', statements: [] },
  ],
};

export const CLARIFICATION = { language: 'en', text: 'Which town does he name as the place of his first school?' };
export const EXPLANATION = { language: 'en', text: 'He names Shaqlawa, near Erbil.' };

/** Grade B2, handling H2. */
export const PARTIAL_ANSWER: Answer = {
  final: false,
  language: 'en',
  handling: 'H2',
  caveats: [{ code: 'NO_ONWARD' }],
  items: [
    {
      itemId: '1',
      result: 'FOUND',
      statements: [
        {
          basis: 'FACT',
          text: 'The civil register of Erbil has one Zayd Mithal al-Wahmi, born in 1988.',
          grade: { source: 'B', information: '2' },
          handling: 'H2',
        },
      ],
      subjects: [
        {
          category: 'SUSPECT',
          names: [{ kind: 'PRIMARY', script: 'Arab', full: 'زيد مثال الوهمي' }],
          birth: { date: '1988-03', approximate: false },
          nationalities: ['IRQ'],
          documents: [],
          identifiers: [],
        },
      ],
    },
  ],
};

export const AWAITED = { language: 'en', text: 'Police records need the order of a judge; it was applied for.' };

export const FINAL_ANSWER: Answer = {
  final: true,
  language: 'en',
  handling: 'H2',
  caveats: [{ code: 'NO_ONWARD' }],
  items: [
    {
      itemId: '2',
      result: 'FOUND',
      statements: [
        {
          basis: 'ASSESSMENT',
          text: 'Our police know him as Abu Mithal; one case, closed without charge.',
          grade: { source: 'A', information: '2' },
          handling: 'H2',
        },
      ],
    },
  ],
};
