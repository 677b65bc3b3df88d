import { type SeraiClient, verifyProof } from '#libs/client';
import type { LiveEvent, NewRequest, SubmittedRequest } from '#libs/contracts';
import { decryptContent } from '#libs/envelope';
import { eventually, failOnLeaks } from '#libs/testing';
import { Housekeeping } from '../../../apps/access-point/src/housekeeping.js';
import type { OfficerClient } from './support/access-point.js';
import { attachmentThat, clientOf, pictureOf } from './support/attachment-scene.js';
import { deskOf, type MemberId, urnOf } from './support/community.js';
import { ForeignSender } from './support/foreign-sender.js';
import { requestTo } from './support/request-body.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(60_000);

let world: World<'rs' | 'iq'>;
let milica: OfficerClient;
let liaison: SeraiClient;
let supervisor: SeraiClient;

beforeAll(async () => {
  world = await buildWorld(['rs', 'iq']);
  milica = world.accessPoints.rs.officer('LIAISON_OFFICER', deskOf('rs', 'liaison'), 'milica');
  liaison = await clientOf(milica);
  supervisor = await clientOf(world.accessPoints.rs.officer('NCC_SUPERVISOR', deskOf('rs'), 'jelena'));
});
afterAll(() => world.end());
failOnLeaks();

type Subject = NewRequest['content']['subjects'][number];

/** A request about an Iraqi; nothing is said about protection unless the test does. */
function aboutAnIraqi(members: readonly MemberId[], change: Partial<Subject> = {}): NewRequest {
  const request = requestTo(members);
  const [{ protection: _, ...subject }] = request.content.subjects as [Subject];
  const subjects = [{ ...subject, nationalities: ['IRQ'], documents: [], ...change }];
  return { ...request, content: { ...request.content, subjects } };
}

/** Proposes to ask the person's own country; resolves to the id of what waits. */
async function held(request = aboutAnIraqi(['iq']), by = liaison): Promise<string> {
  const sent = await by.submitRequest(request);
  expect(sent.legs).toEqual([]);
  return sent.held![0]!.approvalId;
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no refusal',
    (error: { code?: string }) => error.code,
  );
const reason = { language: 'en', text: 'Ask Türkiye first.' };
/** What this side has sent of a leg. */
const takenFor = (legId: string) =>
  world.hub.taken.filter(({ event }) => event.subject === legId && event.source === urnOf('rs'));

describe('a request to the country of somebody whose claim to protection is unknown', () => {
  it('holds that leg alone; it goes out when a supervisor agrees, with both officers in its signed header', async () => {
    const sent = await liaison.submitRequest(aboutAnIraqi(['tr', 'iq']));
    const { approvalId } = sent.held![0]!;
    expect(sent).toMatchObject({
      legs: [{ participant: urnOf('tr') }],
      held: [{ participant: urnOf('iq'), desk: deskOf('iq'), state: 'WAITING' }],
    });
    await liaison.waitForEnvelope(sent.legs[0]!.envelopeId, { until: 'ACCEPTED' });
    expect(takenFor(approvalId)).toEqual([]);
    expect((await liaison.request(sent.requestId)).held).toMatchObject([{ approvalId, state: 'WAITING' }]);

    const { envelopeId } = await supervisor.approve(approvalId);
    await liaison.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
    const request = await liaison.request(sent.requestId);
    expect(request.legs.map(({ legId }) => legId)).toContain(approvalId);
    expect(request).not.toHaveProperty('held');

    const { responsible, envelope } = (await verifyProof(
      await liaison.proof(approvalId, envelopeId),
      world.community.directory,
    )) as { responsible?: unknown; envelope: { event: { data: { header: unknown } } } };
    const { pseudonym } = world.accessPoints.rs.officer('NCC_SUPERVISOR', deskOf('rs'), 'jelena');
    expect(responsible).toMatchObject({ proposedBy: milica.pseudonym, approvedBy: pseudonym });
    expect(JSON.stringify(envelope.event)).not.toContain(pseudonym);
  });

  it('never says abroad what was said of protection, and shows it at home', async () => {
    const approvalId = await held(aboutAnIraqi(['iq'], { protection: 'UNKNOWN' }));
    const { envelopeId } = await supervisor.approve(approvalId);
    const there = await clientOf(world.accessPoints.iq.officer('NCC_DUTY_OFFICER'));
    await there.waitForLeg(approvalId, ({ status }) => status === 'DELIVERED');
    const { event } = takenFor(approvalId).find((taken) => taken.event.id === envelopeId)!;
    const keystore = world.community.keystore(urnOf('iq'));
    const sent = await decryptContent(event.data.content!, event, (kid) => keystore.decryptionKey(kid));
    expect(sent).toMatchObject({ subjects: [{ nationalities: ['IRQ'] }] });
    expect(JSON.stringify([event.data.header, sent])).not.toMatch(/protection|UNKNOWN/);
    expect(JSON.stringify(await liaison.content(approvalId, envelopeId))).toContain('"protection":"UNKNOWN"');
    expect(await there.proof(approvalId, envelopeId)).not.toHaveProperty('responsible');
  });

  it('looks abroad like one that needed nobody else', async () => {
    const released = await held();
    await supervisor.approve(released);
    const alone = await liaison.submitRequest(aboutAnIraqi(['iq'], { protection: 'NOT_SOUGHT' }));
    await eventually(() => expect(takenFor(released)).not.toEqual([]));
    await eventually(() => expect(takenFor(alone.legs[0]!.legId)).not.toEqual([]));
    const [one, other] = [released, alone.legs[0]!.legId].map((legId) => takenFor(legId)[0]!.event.data.header);
    expect(Object.keys(one!).sort()).toEqual(Object.keys(other!).sort());
    expect(one!['responsible']).toMatch(/^[\w-]{43}$/);
    expect(one!['sender']).toEqual(other!['sender']);
  });

  it('is sent by a supervisor alone, and by anybody to whom the person does not belong', async () => {
    expect(await supervisor.submitRequest(aboutAnIraqi(['iq']))).not.toHaveProperty('held');
    expect(await liaison.submitRequest(aboutAnIraqi(['iq'], { protection: 'NOT_SOUGHT' }))).not.toHaveProperty('held');
    expect(await liaison.submitRequest(aboutAnIraqi(['iq'], { nationalities: ['TUR'] }))).not.toHaveProperty('held');
  });

  it('is refused as a whole when the person has sought protection', async () => {
    const requests = 'select count(*)::int as count from request';
    const [before] = await world.accessPoints.rs.query(requests);
    const request = aboutAnIraqi(['tr', 'iq'], { protection: 'SOUGHT_OR_GRANTED' });
    for (const by of [liaison, supervisor]) {
      expect(await codeOf(by.submitRequest(request))).toBe('ERR_REQUEST_PERSON_PROTECTED');
    }
    expect(await world.accessPoints.rs.query(requests)).toEqual([before]);
  });

  it('takes its attachments along, once it may go', async () => {
    const file = { name: 'a.png', mediaType: 'image/png' as const, content: pictureOf(2_000) };
    const attachmentId = await liaison.uploadAttachment(file);
    const approvalId = await held({ ...aboutAnIraqi(['iq']), attachments: [attachmentId] });
    expect(await codeOf(liaison.submitRequest({ ...requestTo(['tr']), attachments: [attachmentId] }))).toBe(
      'ERR_ATTACHMENT_NOT_HERE',
    );
    const uploaded = world.hub.attachments.contents.length;
    const { envelopeId } = await supervisor.approve(approvalId);
    const there = await clientOf(world.accessPoints.iq.officer('NCC_DUTY_OFFICER'));
    await attachmentThat(there, approvalId, { attachmentId, state: 'READY' });
    expect(world.hub.attachments.contents.length).toBe(uploaded + 1);
    const { content } = await there.downloadAttachment({ legId: approvalId, envelopeId, attachmentId });
    expect(Buffer.from(content).equals(file.content)).toBe(true);
  });

  it('has one effect per idempotency key, and one decision', async () => {
    const request = aboutAnIraqi(['iq']);
    const options = { idempotencyKey: 'propose-once' };
    const first = await liaison.submitRequest(request, options);
    expect(await liaison.submitRequest(request, options)).toEqual(first);
    const { approvalId } = first.held![0]!;
    const decisions = [
      supervisor.approve(approvalId, { idempotencyKey: 'approve-once' }),
      supervisor.approve(approvalId, { idempotencyKey: 'approve-once' }),
      codeOf(supervisor.reject(approvalId, { reason })),
    ];
    const outcomes = await Promise.allSettled(decisions);
    const statuses = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'refused'));
    const approved = statuses[0] !== 'refused';
    expect(statuses[0]).toEqual(statuses[1]);
    expect(statuses[2]).toBe(approved ? 'ERR_APPROVAL_NOT_WAITING' : 'no refusal');
    await eventually(() => expect(takenFor(approvalId)).toHaveLength(approved ? 1 : 0));
  });
});

describe('a second person', () => {
  it('is not whoever proposed it, under whatever desk, role or account', async () => {
    const approvalId = await held();
    const { rs } = world.accessPoints;
    const elsewhere = await clientOf(rs.officer('NCC_SUPERVISOR', deskOf('rs', 'investigation'), 'milica'));
    expect(await codeOf(elsewhere.approve(approvalId))).toBe('ERR_OFFICER_NEEDS_SECOND_PERSON');
    expect(await codeOf(elsewhere.reject(approvalId, { reason }))).toBe('ERR_OFFICER_NEEDS_SECOND_PERSON');
    const otherAccount = rs.officer('NCC_SUPERVISOR', deskOf('rs'), 'another account');
    const samePerson = { claims: { serai_pseudonym: milica.pseudonym } };
    const answer = await fetch(`${await rs.url()}/v1/approvals/${approvalId}/approve`, {
      method: 'POST',
      headers: { ...(await otherAccount.headers()), authorization: `Bearer ${await otherAccount.token(samePerson)}` },
    });
    expect(await answer.json()).toMatchObject({ status: 403, code: 'ERR_OFFICER_NEEDS_SECOND_PERSON' });
    expect(takenFor(approvalId)).toEqual([]);
  });

  it('is a supervisor, and of the same participant', async () => {
    const approvalId = await held();
    const { rs, iq } = world.accessPoints;
    for (const role of ['LIAISON_OFFICER', 'NCC_DUTY_OFFICER', 'SECURITY_OFFICER', 'CHAIR'] as const) {
      const other = await clientOf(rs.officer(role, deskOf('rs'), `other ${role}`));
      expect(await codeOf(other.approve(approvalId))).toBe('ERR_OFFICER_FORBIDDEN');
      expect(await codeOf(other.reject(approvalId, { reason }))).toBe('ERR_OFFICER_FORBIDDEN');
    }
    const abroad = await clientOf(iq.officer('NCC_SUPERVISOR'));
    expect(await codeOf(abroad.approve(approvalId))).toBe('ERR_REQUEST_NOT_FOUND');
    expect(takenFor(approvalId)).toEqual([]);
  });

  it('sees what waits, and what it would say, which is logged; others see their own alone', async () => {
    const approvalId = await held();
    const duty = await clientOf(world.accessPoints.rs.officer('NCC_DUTY_OFFICER'));
    const seenBy = async (client: SeraiClient): Promise<string[]> => {
      const ids: string[] = [];
      for await (const each of client.approvals({ state: 'WAITING' })) ids.push(each.approvalId);
      return ids;
    };
    expect(await seenBy(supervisor)).toContain(approvalId);
    expect(await seenBy(liaison)).toContain(approvalId);
    expect(await seenBy(duty)).toEqual([]);
    expect(await codeOf(duty.approval(approvalId))).toBe('ERR_REQUEST_NOT_FOUND');
    expect(await codeOf(duty.withdrawApproval(approvalId))).toBe('ERR_REQUEST_NOT_FOUND');
    expect(await codeOf(supervisor.acting({ purpose: undefined }).approval(approvalId))).toBe('ERR_OFFICER_NO_PURPOSE');
    const shown = await supervisor.approval(approvalId);
    expect(shown.request?.content.items).toHaveLength(2);
    const log: string[] = [];
    for await (const { action, operation } of supervisor.accessLog({ legId: approvalId })) {
      log.push(`${action} ${operation}`);
    }
    expect(log).toContain('CONSULTED getApproval');
  });

  it('says no with a reason: nothing goes out, then or later, and nothing is kept of what was proposed', async () => {
    const approvalId = await held();
    expect(await codeOf(supervisor.reject(approvalId, {} as never))).toBe('ERR_REQUEST_INVALID');
    expect(await supervisor.reject(approvalId, { reason })).toMatchObject({ state: 'REJECTED' });
    expect(await liaison.approval(approvalId)).toMatchObject({ state: 'REJECTED', reason });
    expect(await liaison.approval(approvalId)).not.toHaveProperty('request');
    expect(await codeOf(supervisor.approve(approvalId))).toBe('ERR_APPROVAL_NOT_WAITING');
    expect(takenFor(approvalId)).toEqual([]);
  });

  it('comes too late for what was withdrawn, or has waited too long', async () => {
    const [withdrawn, expired] = [await held(), await held()];
    expect(await liaison.withdrawApproval(withdrawn)).toMatchObject({ state: 'WITHDRAWN' });
    await world.accessPoints.rs.query(
      `update approval set expires_at = now() - interval '1 second' where approval_id = $1`,
      [expired],
    );
    expect(await liaison.approval(expired)).toMatchObject({ state: 'EXPIRED' });
    for (const id of [withdrawn, expired]) {
      expect(await codeOf(supervisor.approve(id))).toBe('ERR_APPROVAL_NOT_WAITING');
      expect(await codeOf(liaison.withdrawApproval(id))).toBe('ERR_APPROVAL_NOT_WAITING');
    }
    await world.accessPoints.rs.instance.get(Housekeeping).tidy();
    const kept = await world.accessPoints.rs.query(
      'select record_id from content_key where record_id = any ($1::uuid[])',
      [[withdrawn, expired]],
    );
    expect(kept).toEqual([]);
  });

  it('is told live, as is whoever proposed it, and no other desk', async () => {
    const ended = new AbortController();
    const stranger = await clientOf(
      world.accessPoints.rs.officer('LIAISON_OFFICER', deskOf('rs', 'investigation'), 'stranger'),
    );
    const follow = (client: SeraiClient): LiveEvent[] => {
      const seen: LiveEvent[] = [];
      const read = async (): Promise<void> => {
        for await (const event of client.events({ signal: ended.signal })) seen.push(event);
      };
      void read().catch(() => undefined);
      return seen;
    };
    const [own, others, strange] = [follow(liaison), follow(supervisor), follow(stranger)];
    const states = (events: readonly LiveEvent[], id: string) =>
      events.flatMap(({ event, data }) => (event === 'approval.changed' && data.approvalId === id ? [data.state] : []));
    // A stream shows what happens once it is open.
    const opened = await eventually(async () => {
      const id = await held();
      await eventually(() => expect(states(own, id)).toEqual(['WAITING']), { timeoutMs: 1_000 });
      await eventually(() => expect(states(others, id)).toEqual(['WAITING']), { timeoutMs: 1_000 });
      return id;
    });
    await supervisor.reject(opened, { reason });
    await eventually(() => expect(states(own, opened)).toEqual(['WAITING', 'REJECTED']));
    expect(strange).toEqual([]);
    ended.abort();
  });

  it('answers for a refusal on a sensitive ground too, and the signed header does not tell that one was needed', async () => {
    const { iq } = world.accessPoints;
    const officers = ['zaynab', 'hasan'].map((name) => iq.officer('NCC_SUPERVISOR', deskOf('iq'), name));
    const [zaynab, hasan] = await Promise.all(officers.map((each) => clientOf(each)));
    const delivered = async (): Promise<string> => {
      const envelope = await new ForeignSender(world.community, 'tr', 'iq').request();
      await world.hub.services.decide(envelope);
      await zaynab!.waitForLeg(envelope.event.subject, ({ status }) => status === 'DELIVERED');
      return envelope.event.subject;
    };
    const [sensitive, plain] = [await delivered(), await delivered()];
    const { refusalId } = await zaynab!.refuse(sensitive, { ground: 'NATIONAL_SECURITY', discloseGround: false });
    expect((await hasan!.approval(refusalId)).refusal).toMatchObject({ ground: 'NATIONAL_SECURITY' });
    const { envelopeId } = await hasan!.approve(refusalId);
    const other = await hasan!.refuse(plain, { ground: 'ONGOING_INVESTIGATION', discloseGround: false });
    const headerOf = (id?: string) => world.hub.taken.find(({ event }) => event.id === id)?.event.data.header ?? {};
    await eventually(() => expect(headerOf(other.envelopeId)).not.toEqual({}));
    expect(Object.keys(headerOf(envelopeId)).sort()).toEqual(Object.keys(headerOf(other.envelopeId)).sort());
    const { responsible } = await verifyProof(await hasan!.proof(sensitive, envelopeId), world.community.directory);
    expect(responsible).toMatchObject({ proposedBy: officers[0]!.pseudonym, approvedBy: officers[1]!.pseudonym });
  });

  it('cannot be put into a proof afterwards', async () => {
    const { legs } = (await liaison.submitRequest(
      aboutAnIraqi(['iq'], { protection: 'NOT_SOUGHT' }),
    )) as SubmittedRequest;
    const [{ legId, envelopeId }] = legs as [SubmittedRequest['legs'][number]];
    await liaison.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
    const proof = await liaison.proof(legId, envelopeId);
    const forged = { ...proof, responsible: { ...proof.responsible!, approvedBy: 'o-0123456789abcdef' } };
    expect(await codeOf(verifyProof(forged, world.community.directory))).toBe('ERR_ENVELOPE_CAUSE');
    expect(await verifyProof(proof, world.community.directory)).toMatchObject({
      responsible: { proposedBy: milica.pseudonym },
    });
  });
});
