import {
  type LegView,
  type MessageContent,
  type MessageProof,
  requestSubmitted,
  type SubmittedRequest,
} from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import type { OfficerClient } from './support/access-point.js';
import { deskOf } from './support/community.js';
import { PLANTED, requestTo } from './support/request-body.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(30_000);

let world: World<'rs' | 'iq'>;
let milica: OfficerClient;
let karim: OfficerClient;

beforeAll(async () => {
  world = await buildWorld(['rs', 'iq']);
  milica = world.accessPoints.rs.officer('LIAISON_OFFICER', deskOf('rs', 'liaison'));
  karim = world.accessPoints.iq.officer('NCC_DUTY_OFFICER');
});
afterAll(() => world.end());
failOnLeaks();

async function legAt(officer: OfficerClient, legId: string, status: string): Promise<LegView> {
  return eventually(async () => {
    const { body } = await officer.get<LegView>(`/v1/legs/${legId}`);
    expect(body.status).toBe(status);
    return body;
  });
}

describe('one exchange between two access points', () => {
  let legId: string;

  it('delivers a request and starts its clock', async () => {
    const submitted = await milica.post<SubmittedRequest>('/v1/requests', requestTo(['iq']));
    expect(submitted.status).toBe(202);
    legId = submitted.body.legs[0]!.legId;
    const [sent, received] = [await legAt(milica, legId, 'DELIVERED'), await legAt(karim, legId, 'DELIVERED')];
    expect(sent).toMatchObject({ direction: 'outgoing', submission: 'ACCEPTED' });
    expect(received).toMatchObject({ direction: 'incoming', submission: 'ACCEPTED' });
    expect(received.remainingMs).toBeGreaterThan(7 * 3_600_000);
    expect(received.actions).toContain('acknowledgeLeg');
    expect(sent.actions).not.toContain('acknowledgeLeg');
  });

  it('shows the content after it was logged, and tells the sender that it was read, once', async () => {
    const leg = await legAt(karim, legId, 'DELIVERED');
    const path = `/v1/legs/${legId}/messages/${leg.messages[0]!.envelopeId}/content`;
    const content = await karim.get<MessageContent>(path);
    expect(content.body.content).toMatchObject({ title: `Identity of ${PLANTED.latin}` });
    await karim.get(path);
    const log = await world.accessPoints.iq.query<{ action: string; subject: string; purpose: string }>(
      'select action, subject, purpose from access_log',
    );
    expect(log).toEqual([
      { action: 'CONSULTED', subject: karim.subject, purpose: 'INVESTIGATION' },
      { action: 'CONSULTED', subject: karim.subject, purpose: 'INVESTIGATION' },
    ]);
    await eventually(async () => {
      const seen = (await milica.get<LegView>(`/v1/legs/${legId}`)).body;
      expect(seen.state?.readAt).toBeDefined();
      expect(seen.messages.filter(({ type }) => type === 'serai.requests.leg.read.v1')).toHaveLength(1);
    });
  });

  it('goes back and forth to its end', async () => {
    expect((await karim.post(`/v1/legs/${legId}/acknowledge`)).status).toBe(202);
    await legAt(milica, legId, 'ACKNOWLEDGED');
    const text = { language: 'en', text: 'Which document was shown?' };
    const asked = await karim.post<{ clarificationId: string }>(`/v1/legs/${legId}/clarifications`, text);
    await legAt(milica, legId, 'CLARIFICATION_SOUGHT');
    const answered = await milica.post(`/v1/legs/${legId}/clarifications/${asked.body.clarificationId}/answer`, text);
    expect(answered.status).toBe(202);
    await legAt(karim, legId, 'ACKNOWLEDGED');
    const grade = { source: 'B', information: '2' };
    const found = {
      itemId: '1',
      result: 'FOUND',
      statements: [{ basis: 'FACT', text: 'Found in the registry.', grade, handling: 'H2' }],
    };
    const answer = { language: 'en', handling: 'H2', caveats: [], items: [found] };
    expect((await karim.post(`/v1/legs/${legId}/responses`, { ...answer, final: false })).status).toBe(202);
    await legAt(milica, legId, 'PARTIALLY_ANSWERED');
    const expectedBy = new Date(Date.now() + 86_400_000).toISOString();
    expect((await karim.post(`/v1/legs/${legId}/authorisation`, { ...text, expectedBy })).status).toBe(202);
    await legAt(milica, legId, 'AWAITING_AUTHORISATION');
    expect((await karim.post(`/v1/legs/${legId}/responses`, { ...answer, final: true })).status).toBe(202);
    await legAt(milica, legId, 'ANSWERED');
    const closed = await milica.post(`/v1/legs/${legId}/close`, { outcome: 'IDENTIFIED', usefulness: 4 });
    expect(closed.status).toBe(202);
    await legAt(karim, legId, 'CLOSED');
  });

  it('keeps the proof of every message on both sides', async () => {
    for (const officer of [milica, karim]) {
      const { messages } = (await officer.get<LegView>(`/v1/legs/${legId}`)).body;
      expect(messages.map(({ state }) => state)).toEqual(messages.map(() => 'ACCEPTED'));
      for (const { envelopeId, direction, type } of messages) {
        const proof = {
          envelope: expect.any(String),
          event: expect.any(String),
          ...(direction === 'outgoing' ? { receipt: expect.any(String) } : {}),
          ...(direction === 'outgoing' && type === requestSubmitted.type
            ? { responsible: { salt: expect.any(String), proposedBy: officer.pseudonym } }
            : {}),
        };
        const path = `/v1/legs/${legId}/messages/${envelopeId}/proof`;
        await eventually(async () => expect((await officer.get<MessageProof>(path)).body).toEqual(proof));
      }
    }
    const [mine] = (await milica.get<LegView>(`/v1/legs/${legId}`)).body.messages;
    const path = `/v1/legs/${legId}/messages/${mine!.envelopeId}/proof`;
    expect((await karim.get<MessageProof>(path)).body.envelope).toBe(
      (await milica.get<MessageProof>(path)).body.envelope,
    );
  });
});
