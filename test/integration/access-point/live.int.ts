import { createParser } from 'eventsource-parser';
import { legUnopened, type SubmittedRequest, serviceUrnOf } from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import type { OfficerClient } from './support/access-point.js';
import { deskOf, urnOf } from './support/community.js';
import { requestTo } from './support/request-body.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(30_000);

let world: World<'rs'>;
let milica: OfficerClient;

beforeAll(async () => {
  world = await buildWorld(['rs']);
  milica = world.accessPoints.rs.officer('LIAISON_OFFICER', deskOf('rs', 'liaison'));
});
afterAll(() => world.end());
failOnLeaks();

const submit = () => milica.post<SubmittedRequest>('/v1/requests', requestTo(['iq']));

describe('live updates', () => {
  interface Live {
    readonly events: { id: string; event: string; data: Record<string, unknown> }[];
    stop(): void;
  }

  async function follow(officer: OfficerClient, lastEventId?: string): Promise<Live> {
    const events: Live['events'] = [];
    const controller = new AbortController();
    const address = await world.accessPoints.rs.instance.getUrl();
    const headers = await officer.headers(lastEventId ? { headers: { 'last-event-id': lastEventId } } : {});
    const answer = await fetch(`${address}/v1/events`, { headers, signal: controller.signal });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const parser = createParser({
      onEvent: ({ id, event, data }) => events.push({ id: id ?? '', event: event ?? '', data: JSON.parse(data) }),
    });
    const read = async (): Promise<void> => {
      const decoder = new TextDecoder();
      for await (const chunk of answer.body!) parser.feed(decoder.decode(chunk, { stream: true }));
    };
    void read().catch(() => undefined);
    return { events, stop: () => controller.abort() };
  }

  const ofLeg = (live: Live, legId: string, envelopeId: string) =>
    live.events.filter(({ data }) => data['legId'] === legId || data['envelopeId'] === envelopeId);

  it('show every step without content, and go on behind the last one that was seen', async () => {
    const live = await follow(milica);
    const { body } = await submit();
    const { legId, envelopeId } = body.legs[0]!;
    await eventually(() => {
      const seen = ofLeg(live, legId, envelopeId);
      expect(seen.map(({ data }) => data['state']).filter(Boolean)).toEqual(['QUEUED', expect.any(String), 'ACCEPTED']);
      expect(seen.filter(({ event }) => event === 'leg.changed')).toMatchObject([
        { data: { version: 1, status: 'SUBMITTED' } },
      ]);
    });
    live.stop();
    const [first, ...rest] = ofLeg(live, legId, envelopeId);
    const resumed = await follow(milica, first!.id);
    await eventually(() => expect(ofLeg(resumed, legId, envelopeId)).toEqual(rest));
    resumed.stop();
  });

  it('tell the sender that nobody has opened the urgent leg, once', async () => {
    const live = await follow(milica);
    const { body } = await submit();
    const { legId, envelopeId } = body.legs[0]!;
    await eventually(() => expect(ofLeg(live, legId, envelopeId).map(({ event }) => event)).toContain('leg.changed'));
    const at = new Date().toISOString();
    const audience = [urnOf('rs'), urnOf('iq')];
    const header = { audience, legId, requestId: body.requestId, step: 4, at, deliveredAt: at };
    const source = serviceUrnOf('notifications');
    const { jws } = await world.community.sign({ source, type: legUnopened.type, subject: legId, data: { header } });
    for (let nth = 0; nth < 2; nth += 1) world.hub.services.publish([urnOf('rs')], jws);
    const { body: next } = await submit();
    await eventually(() => expect(live.events.map(({ data }) => data['legId'])).toContain(next.legs[0]!.legId));
    const steps = live.events.filter(({ event }) => event === 'leg.escalated');
    expect(steps.map(({ data }) => data)).toEqual([{ legId, step: 4, rung: 'SENDER', at }]);
    live.stop();
  });

  it('are kept from those who may not see the leg', async () => {
    const stranger = world.accessPoints.rs.officer('LIAISON_OFFICER', deskOf('rs', 'investigation'), 'stranger');
    const [mine, theirs] = [await follow(milica), await follow(stranger)];
    await submit();
    await eventually(() => expect(mine.events.length).toBeGreaterThan(2));
    expect(theirs.events).toEqual([]);
    mine.stop();
    theirs.stop();
  });

  it('refuse an id that they did not hand out', async () => {
    const { status, body } = await milica.get('/v1/events', { headers: { 'last-event-id': 'x' } });
    expect([status, body.code]).toEqual([400, 'ERR_CURSOR_INVALID']);
  });
});
