import { readFileSync } from 'node:fs';
import { directoryOf, type SeraiClient, type VerifiedProof, verifyProof } from '#libs/client';
import { type LegState, legDelivered, legRead, requestSubmitted } from '#libs/contracts';
import { type Directory, parseRootKeys } from '#libs/trust';
import { awaitMessage } from './asking.js';
import { type Asked, clock, NAMES, promise, type Step, type Story } from './story.js';

/** The directory as one side holds it, checked up to the root keys that were pinned at the founding. */
export async function trustedDirectory(client: SeraiClient, rootKeys: string): Promise<Directory> {
  return directoryOf(await client.directoryChanges(), parseRootKeys(readFileSync(rootKeys, 'utf8')));
}

/** One message as both sides hold it: the same bytes, each verified by itself. */
async function provenMessage(story: Story, asked: Asked, type: string): Promise<VerifiedProof> {
  const { rootKeys } = story.cast.community;
  const proofs: VerifiedProof[] = [];
  for (const side of ['requester', 'addressee'] as const) {
    const client = side === 'requester' ? story.requester : story.addressee(asked);
    const envelopeId = await awaitMessage(story, side, asked, type);
    const proof = await client.proof(story.legTo(asked), envelopeId);
    proofs.push(await verifyProof(proof, await trustedDirectory(client, rootKeys)));
  }
  const [here, there] = proofs as [VerifiedProof, VerifiedProof];
  promise(here.envelope.jws === there.envelope.jws, 'both sides hold the bytes that the sender signed');
  return here;
}

const proveTimes: Step = {
  name: 'prove-times',
  title: 'Both sides show the same times, and the signed messages say the same',
  async run(story) {
    const { teller } = story;
    for (const asked of ['iq', 'tr'] as const) {
      const legId = story.legTo(asked);
      teller.command(`serai legs proof ${legId} <message> --as rs.liaison, then serai verify-envelope`);
      const [here, there] = await Promise.all([story.requester.leg(legId), story.addressee(asked).leg(legId)]);
      const submitted = await provenMessage(story, asked, requestSubmitted.type);
      const delivered = await provenMessage(story, asked, legDelivered.type);
      const opened = await provenMessage(story, asked, legRead.type);
      promise(submitted.envelope.event.source.endsWith(':rs'), "the request carries Serbia's own signature");
      promise(
        delivered.envelope.event.source.endsWith(`:${asked}`),
        "the delivery carries the recipient's own signature",
      );
      const times: [string, keyof LegState, VerifiedProof][] = [
        ['submitted', 'submittedAt', submitted],
        ['delivered', 'deliveredAt', delivered],
        ['read', 'readAt', opened],
      ];
      for (const [word, member, proof] of times) {
        const shown = here.state?.[member];
        promise(shown !== undefined && shown === there.state?.[member], `both sides show the same time: ${word}`);
        promise(shown === proof.leg?.[member], `the signed event says the same: ${word}`);
        teller.say(`${NAMES[asked]}: ${word} ${clock(String(shown))} - both sides, and signed.`);
      }
      promise(delivered.envelope.event.time === here.state?.deliveredAt, 'the delivery is timed by the recipient');
    }
  },
};

const accessLog: Step = {
  name: 'access-log',
  title: 'Every look at the content is on record in its own country',
  async run(story) {
    const legId = story.legTo('iq');
    story.teller.command(`serai access-log --leg ${legId} --as iq.supervisor`);
    const { pseudonym } = await story.addressee('iq').me();
    const looks = [];
    for await (const entry of story.cast.officer('iq.supervisor').accessLog({ legId })) {
      if (entry.operation === 'readContent' && entry.action === 'CONSULTED') looks.push(entry);
    }
    promise(
      looks.some(({ officer }) => officer === pseudonym),
      'the look of the duty officer was recorded',
    );
    for (const { at, officer, desk, purpose } of looks) {
      story.teller.say(`${clock(at)}: officer ${officer} read it for the desk ${desk}, purpose ${purpose}.`);
    }
  },
};

export const PROVING: readonly Step[] = [proveTimes, accessLog];
