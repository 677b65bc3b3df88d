import { DEMO_REQUEST } from '#deploy/local';
import type { SeraiClient } from '#libs/client';
import { type RefusalGround, requestSubmitted } from '#libs/contracts';
import { deskUrnOf } from './support/names.js';
import { refusedAtOnce, refusedSigned } from './support/refusal.js';
import type { World } from './support/world.js';

const TEXT = { language: 'en', text: 'For the test.' };
const toIraq = { ...DEMO_REQUEST, recipients: DEMO_REQUEST.recipients.slice(0, 1) };
const foundItem = (itemId: string) => ({
  itemId,
  result: 'FOUND' as const,
  statements: [
    {
      basis: 'FACT' as const,
      text: 'Known.',
      grade: { source: 'B' as const, information: '2' as const },
      handling: 'H2' as const,
    },
  ],
});
const answer = (final: boolean, ...items: string[]) => ({
  final,
  language: 'en',
  handling: 'H2' as const,
  caveats: [],
  items: items.map(foundItem),
});

/** Every refusal of scenarios 1 to 3 of the domain reference; those of the hub come back signed. */
export function refusalsSuite(world: () => World): void {
  let rs: SeraiClient;
  let iq: SeraiClient;
  let supervisor: SeraiClient;
  let second: SeraiClient;
  beforeAll(() => {
    const cast = world().cast();
    rs = cast.officer('rs.liaison');
    iq = cast.officer('iq.duty');
    supervisor = cast.officer('iq.supervisor');
    second = cast.officer('iq.supervisor2');
  });

  const refusedLeg = async (by: SeraiClient, request: typeof DEMO_REQUEST) => {
    const { legs } = await by.submitRequest(request);
    return refusedSigned(world(), by, legs[0] ?? { legId: '' });
  };
  const accepted = async (by: SeraiClient, { envelopeId = '' }: { envelopeId?: string }) =>
    by.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
  const deliver = async (): Promise<string> => (await world().deliver(rs, toIraq))[0] ?? '';

  describe('scenario 1, a request', () => {
    it('that is urgent without a ground', async () => {
      expect(await refusedLeg(rs, { ...toIraq, urgencyGround: undefined })).toBe('ERR_REQUEST_URGENCY_UNJUSTIFIED');
    });

    it('that no agreement covers: not the kind, not the pair', async () => {
      const toBulgaria = [{ participant: 'urn:serai:participant:bg', desk: deskUrnOf('bg', 'ncc') }];
      const criminalRecord = { ...toIraq, recipients: toBulgaria, kind: 'CRIMINAL_RECORD_POLICE_USE' as const };
      expect(await refusedLeg(rs, criminalRecord)).toBe('ERR_REQUEST_NO_AGREEMENT');
      expect(await refusedLeg(iq, { ...toIraq, recipients: toBulgaria })).toBe('ERR_REQUEST_NO_LEGAL_BASIS');
    });

    it('of a kind that is reserved for others', async () => {
      expect(await refusedLeg(rs, { ...toIraq, kind: 'VICTIM_ORIGIN_SUPPORT' })).toBe('ERR_REQUEST_KIND_RESERVED');
    });

    it('to a desk that does not exist', async () => {
      const recipients = [{ participant: 'urn:serai:participant:iq', desk: deskUrnOf('iq', 'nowhere') }];
      expect(await refusedAtOnce(rs.submitRequest({ ...toIraq, recipients }))).toBe('ERR_REQUEST_RECIPIENT_UNKNOWN');
    });

    it('sent again with the same key is the same one; with another body it is refused', async () => {
      const key = { idempotencyKey: 'refusals-suite-key' };
      const answers = await Promise.all([1, 2, 3].map(() => rs.submitRequest(toIraq, key)));
      expect(new Set(answers.map(({ requestId }) => requestId)).size).toBe(1);
      const other = rs.submitRequest({ ...toIraq, handling: 'H3' }, key);
      expect(await refusedAtOnce(other)).toBe('ERR_REQUEST_IDEMPOTENCY_CONFLICT');
    });

    it('without a purpose of the officer', async () => {
      expect(await refusedAtOnce(rs.acting({ purpose: undefined }).submitRequest(toIraq))).toBe(
        'ERR_OFFICER_NO_PURPOSE',
      );
    });
  });

  describe('scenario 2, an answer', () => {
    let legId: string;
    beforeAll(async () => {
      legId = await deliver();
    });

    it('that a unit gives abroad by itself', async () => {
      const investigator = world().cast().officer('iq.investigator');
      expect(await refusedAtOnce(investigator.respond(legId, answer(true, '1')))).toBe('ERR_OFFICER_FORBIDDEN');
    });

    it('without a grade', async () => {
      const { grade: _none, ...ungraded } = foundItem('1').statements[0] ?? {};
      const body = { ...answer(false), items: [{ ...foundItem('1'), statements: [ungraded] }] };
      expect(await refusedAtOnce(iq.respond(legId, body as never))).toBe('ERR_REQUEST_INVALID');
    });

    it('to an item that was not asked', async () => {
      expect(await refusedAtOnce(iq.respond(legId, answer(true, '9')))).toBe('ERR_LEG_ITEM_UNKNOWN');
    });

    it('by the side that asked', async () => {
      const duty = world().cast().officer('rs.duty');
      expect(await refusedAtOnce(duty.respond(legId, answer(true, '1')))).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
    });

    it('to a question that nobody asked', async () => {
      const question = '01933f6e-0000-7000-8000-0000000000ff';
      const code = await rs.answerClarification(legId, question, TEXT).then(
        (sent) => refusedSigned(world(), rs, { legId, ...sent }),
        (error: { code?: string }) => error.code,
      );
      expect(['ERR_LEG_CLARIFICATION_UNKNOWN', 'ERR_LEG_MOVE_NOT_ALLOWED']).toContain(code);
    });

    it('that leaves the request open, then no second acknowledgement', async () => {
      await accepted(iq, await iq.respond(legId, answer(false, '1')));
      const again = await iq.acknowledge(legId);
      expect(await refusedSigned(world(), iq, { legId, ...again })).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
      await rs.waitForLeg(legId, ({ status }) => status === 'PARTIALLY_ANSWERED');
    });
  });

  describe('scenario 3, a refusal', () => {
    it('of some items after an answer to another leaves the leg partially refused', async () => {
      const legId = await deliver();
      await accepted(iq, await iq.respond(legId, answer(false, '1')));
      await accepted(iq, await iq.refuse(legId, { ground: 'ONGOING_INVESTIGATION', items: ['2'], reason: TEXT }));
      const { state, messages } = await rs.waitForLeg(legId, ({ status }) => status === 'PARTIALLY_REFUSED');
      expect(state?.clock.state).toBe('STOPPED');
      expect(messages.at(-1)?.header).toMatchObject({ ground: 'ONGOING_INVESTIGATION', items: ['2'] });
    });

    it('without a ground is none', async () => {
      const legId = await deliver();
      expect(await refusedAtOnce(iq.refuse(legId, {} as never))).toBe('ERR_REQUEST_INVALID');
      expect(await refusedAtOnce(iq.refuse(legId, { ground: 'NO_IDEA' as never }))).toBe('ERR_REQUEST_INVALID');
    });

    it('cannot be changed once it was sent', async () => {
      const legId = await deliver();
      await accepted(iq, await iq.refuse(legId, { ground: 'NOT_AVAILABLE' }));
      const changed = await iq.refuse(legId, { ground: 'OUTSIDE_MANDATE' });
      expect(await refusedSigned(world(), iq, { legId, ...changed })).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
    });

    it('can be hidden: the ground stays in the country', async () => {
      const legId = await deliver();
      await accepted(iq, await iq.refuse(legId, { ground: 'PERSON_SAFETY', discloseGround: false }));
      const { messages } = await rs.waitForLeg(legId, ({ status }) => status === 'REFUSED');
      expect(messages.at(-1)?.header['ground']).toBe('CONFIDENTIAL');
    });

    it.each<RefusalGround>(['NATIONAL_SECURITY', 'INTERNATIONAL_PROTECTION'])(
      'on the ground %s takes two supervisors',
      async (ground) => {
        const legId = await deliver();
        expect(await refusedAtOnce(iq.refuse(legId, { ground }))).toBe('ERR_OFFICER_FORBIDDEN');
        const { refusalId, envelopeId } = await supervisor.refuse(legId, { ground });
        expect(envelopeId).toBeUndefined();
        expect(await refusedAtOnce(supervisor.countersignRefusal(legId, refusalId))).toBe(
          'ERR_OFFICER_NEEDS_SECOND_PERSON',
        );
        expect((await rs.leg(legId)).status).toBe('DELIVERED');
        await accepted(second, await second.countersignRefusal(legId, refusalId));
        const { messages } = await rs.waitForLeg(legId, ({ status }) => status === 'REFUSED');
        expect(messages.at(-1)?.header['ground']).toBe('CONFIDENTIAL');
      },
    );

    it('can be reconsidered once', async () => {
      const legId = await deliver();
      await accepted(iq, await iq.refuse(legId, { ground: 'DISPROPORTIONATE' }));
      await accepted(rs, await rs.askReconsideration(legId, TEXT));
      await iq.waitForLeg(legId, ({ status }) => status === 'ACKNOWLEDGED');
      await accepted(iq, await iq.refuse(legId, { ground: 'DISPROPORTIONATE' }));
      await rs.waitForLeg(legId, ({ status }) => status === 'REFUSED');
      const again = await rs.askReconsideration(legId, TEXT);
      expect(await refusedSigned(world(), rs, { legId, ...again })).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
    });

    it('is not needed: a desk may decline without a ground', async () => {
      const legId = await deliver();
      await accepted(iq, await iq.decline(legId));
      await rs.waitForLeg(legId, ({ status }) => status === 'DECLINED_UNSPECIFIED');
    });

    it('comes too late for a request that was taken back', async () => {
      const legId = await deliver();
      await accepted(rs, await rs.withdraw(legId, { reason: TEXT }));
      const late = await iq.refuse(legId, { ground: 'NOT_AVAILABLE' });
      expect(await refusedSigned(world(), iq, { legId, ...late })).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
    });
  });

  it('nobody else learns that a leg exists', async () => {
    const legId = await deliver();
    const { messages } = await rs.leg(legId);
    const submission = messages.find(({ type }) => type === requestSubmitted.type)?.envelopeId ?? '';
    const bg = world().cast().officer('bg.supervisor');
    for (const attempt of [
      () => bg.leg(legId),
      () => bg.content(legId, submission),
      () => bg.proof(legId, submission),
      () => bg.acknowledge(legId),
    ]) {
      expect(await refusedAtOnce(attempt())).toBe('ERR_REQUEST_NOT_FOUND');
    }
  });
}
