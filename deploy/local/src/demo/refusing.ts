import { type SeraiClient, verifyProof } from '#libs/client';
import type { ApiProblem } from '#libs/contracts';
import { REQUEST, WITHOUT_AGREEMENT, WITHOUT_GROUND } from './case.js';
import { trustedDirectory } from './proving.js';
import { promise, type Step, type Story } from './story.js';

/** Waits for the hub's refusal of an envelope, and checks that it is signed and about exactly these bytes. */
export async function signedRefusal(
  story: Story,
  by: SeraiClient,
  legId: string,
  envelopeId: string,
  code: ApiProblem['code'],
): Promise<void> {
  const { patienceMs, community } = story.cast;
  const view = await by.waitForEnvelope(envelopeId, { until: 'DECIDED', timeoutMs: patienceMs });
  promise(view.state === 'REFUSED', 'the hub refuses');
  const proof = await by.proof(legId, envelopeId);
  const { refusedWith } = await verifyProof(proof, await trustedDirectory(by, community.rootKeys));
  promise(
    refusedWith === code && view.problem?.code === code,
    `the signed refusal has the code ${code}, not ${refusedWith}`,
  );
  story.teller.say(`Refused, and the refusal is signed by the hub: ${view.problem.detail} (${code})`);
}

function refusedRequest(name: string, title: string, request: typeof REQUEST, code: ApiProblem['code']): Step {
  return {
    name,
    title,
    async run(story) {
      const { requester, teller } = story;
      teller.command(`serai requests send --file ${story.bodies}/${name}.json --as rs.liaison --purpose INVESTIGATION`);
      const { legs } = await requester.submitRequest(request, story.once(name));
      for (const { legId, envelopeId } of legs) await signedRefusal(story, requester, legId, envelopeId, code);
    },
  };
}

const forbiddenMove: Step = {
  name: 'refused-move',
  title: 'Iraq tries to take on the leg that Serbia has closed',
  async run(story) {
    const legId = story.legTo('iq');
    const iraq = story.addressee('iq');
    story.teller.command(`serai legs acknowledge ${legId} --as iq.duty --purpose INVESTIGATION`);
    const { envelopeId } = await iraq.acknowledge(legId, story.once('refused-move'));
    await signedRefusal(story, iraq, legId, envelopeId, 'ERR_LEG_MOVE_NOT_ALLOWED');
  },
};

const twice: Step = {
  name: 'sent-twice',
  title: 'The request is sent a second time with the same idempotency key: nothing happens twice',
  async run(story) {
    const { requester, teller, request } = story;
    const { idempotencyKey } = story.once('send');
    teller.command(
      `serai requests send --file ${story.bodies}/request.json --idempotency-key ${idempotencyKey} --as rs.liaison --purpose INVESTIGATION`,
    );
    const again = await requester.submitRequest(REQUEST, { idempotencyKey });
    promise(again.requestId === request.requestId, 'it is the same request');
    teller.say(`The same answer: request ${again.requestId}.`);
  },
};

export const REFUSING: readonly Step[] = [
  refusedRequest(
    'refused-urgency',
    'Serbia asks urgently without a ground for the urgency',
    WITHOUT_GROUND,
    'ERR_REQUEST_URGENCY_UNJUSTIFIED',
  ),
  refusedRequest(
    'refused-agreement',
    'Serbia asks Bulgaria for criminal records, which no agreement allows',
    WITHOUT_AGREEMENT,
    'ERR_REQUEST_NO_AGREEMENT',
  ),
  forbiddenMove,
  twice,
];
