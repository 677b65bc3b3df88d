import type { BodyOf } from '#libs/client';
import { participantUrnOf } from '#libs/contracts';

type NewRequest = BodyOf<'submitRequest'>;

/** An everyday urgent question about one invented person, to one recipient: one leg. */
export function requestBody(recipient: string, number: number): NewRequest {
  return {
    recipients: [{ participant: participantUrnOf(recipient), desk: `urn:serai:desk:${recipient}:ncc` }],
    kind: 'IDENTITY',
    priority: 'URGENT_DIRECT',
    urgencyGround: 'DEPRIVATION_OF_LIBERTY_DECISION',
    purpose: 'INVESTIGATION',
    channelNature: 'INFORMAL_POLICE',
    handling: 'H1',
    caveats: [],
    content: {
      language: 'en',
      title: `Who is the man of measurement ${number}?`,
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
          nationalities: ['IRQ'],
          protection: 'NOT_SOUGHT',
          documents: [{ type: 'PASSPORT', number: `X${String(number).padStart(7, '0')}`, issuer: 'IRQ' }],
          identifiers: [],
        },
      ],
      items: [{ itemId: '1', question: 'Is a person with these names and about this age in your civil register?' }],
      reasonToBelieve: 'He speaks the dialect of Erbil and says that he was registered there.',
      purposeLink: 'His identity decides whether the investigating judge can order custody.',
      urgencyReason: 'Police custody ends at 14:00 local time.',
    },
  };
}
