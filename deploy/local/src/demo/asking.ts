import { setTimeout as sleep } from 'node:timers/promises';
import type { LegView } from '#libs/contracts';
import { requestSubmitted } from '#libs/contracts';
import { REQUEST } from './case.js';
import { participantUrn } from './cast.js';
import { type Asked, clock, NAMES, promise, type Step, type Story, span } from './story.js';

const BOTH: readonly Asked[] = ['iq', 'tr'];
const PURPOSE = '--purpose INVESTIGATION';

const logIn: Step = {
  name: 'log-in',
  title: 'Three officers log in, each at the access point of their own country',
  async run({ cast, teller }) {
    for (const login of ['rs.liaison', 'iq.duty', 'tr.duty']) {
      teller.command(`serai me --as ${login}`);
      const { name, participant, pseudonym } = await cast.officer(login).me();
      promise(name === cast.nameOf(login), `${login} is ${cast.nameOf(login)}`);
      teller.say(`${name}, ${participant.split(':').at(-1)?.toUpperCase()}; abroad known only as ${pseudonym}.`);
    }
  },
};

const lookUpRoutes: Step = {
  name: 'routes',
  title: 'The Serbian officer looks up what may be asked of Iraq and Türkiye',
  async run({ requester, teller }) {
    teller.command('serai routes --to iq,tr --kind IDENTITY --as rs.liaison');
    const routes = await requester.routes({ to: BOTH.map(participantUrn).join(','), kind: 'IDENTITY' });
    for (const { participant, agreement } of routes) {
      teller.say(`${participant.split(':').at(-1)?.toUpperCase()}: allowed by "${agreement.title}".`);
    }
    for (const id of BOTH)
      promise(
        routes.some(({ participant }) => participant === participantUrn(id)),
        `${id} may be asked`,
      );
  },
};

const send: Step = {
  name: 'send',
  title: 'She asks both countries, urgently, who a man is: names in Latin and Arabic script, born about 1989',
  async run(story) {
    const { requester, teller } = story;
    teller.command(`serai requests send --file ${story.bodies}/request.json --as rs.liaison ${PURPOSE}`);
    story.begin(await requester.submitRequest(REQUEST, story.once('send')));
    const { requestId, legs } = story.request;
    teller.say(`Request ${requestId}: one encrypted, signed envelope per country.`);
    for (const leg of legs) await story.accepted(requester, leg);
  },
};

const arrive: Step = {
  name: 'arrive',
  title: 'Both countries receive it; each clock starts at its own proved delivery',
  async run(story) {
    const { requester, teller } = story;
    for (const asked of BOTH) {
      const legId = story.legTo(asked);
      teller.command(`serai legs show ${legId} --as ${asked}.duty`);
      await story.arrived(asked);
      const there = await story.seen(story.addressee(asked), asked, (leg) => leg.state?.status === 'DELIVERED');
      const here = await story.seen(requester, asked, (leg) => leg.state?.deliveredAt !== undefined);
      promise(here.state?.deliveredAt === there.state?.deliveredAt, 'both sides name the same time of delivery');
      promise(there.state?.clock.state === 'RUNNING', 'the clock runs');
      teller.say(
        `${NAMES[asked]}: submitted ${clock(here.state?.submittedAt)}, delivered ${clock(here.state?.deliveredAt)}; time left ${span(there.remainingMs)}.`,
      );
    }
  },
};

const read: Step = {
  name: 'read',
  title: 'The duty officers open it; Serbia sees when',
  async run(story) {
    for (const asked of BOTH) {
      const addressee = story.addressee(asked);
      const submission = messageOf(await addressee.leg(story.legTo(asked)), requestSubmitted.type);
      story.teller.command(`serai legs read ${story.legTo(asked)} --as ${asked}.duty ${PURPOSE}`);
      const { content } = await addressee.content(story.legTo(asked), submission);
      promise('subjects' in content, 'the content is a request');
      const names = content.subjects[0]?.names.map(({ full, given, family }) => full ?? `${given} ${family}`);
      story.teller.say(`${NAMES[asked]} reads: "${content.title}" - ${names?.join(' / ')}.`);
      const here = await story.seen(story.requester, asked, (leg) => leg.state?.readAt !== undefined);
      story.teller.say(`Serbia sees: read at ${clock(here.state?.readAt)}.`);
    }
  },
};

const twoClocks: Step = {
  name: 'two-clocks',
  title: 'Two clocks run, each from its own delivery',
  async run(story) {
    story.teller.command('serai legs list --direction outgoing --sort due --as rs.liaison');
    const look = async () => Promise.all(BOTH.map((asked) => story.requester.leg(story.legTo(asked))));
    const before = await look();
    await sleep(1_000);
    for (const [index, leg] of (await look()).entries()) {
      const earlier = before[index]?.remainingMs ?? 0;
      promise((leg.remainingMs ?? earlier) < earlier, 'time passes');
      const { startedAt, dueAt } = leg.state?.clock ?? {};
      promise(startedAt === leg.state?.deliveredAt, 'the clock started at the delivery');
      story.teller.say(
        `${NAMES[BOTH[index] ?? 'iq']}: started ${clock(startedAt)}, due ${clock(dueAt)}, left ${span(leg.remainingMs)}.`,
      );
    }
  },
};

/** Id of the first message of a type. */
export function messageOf(leg: LegView, type: string): string {
  const message = leg.messages.find((one) => one.type === type);
  if (message) return message.envelopeId;
  throw new Error(`leg ${leg.legId} has no ${type}`);
}

/** Id of the first message of a type of a leg as one side sees it, once it is there. */
export async function awaitMessage(
  story: Story,
  side: 'requester' | 'addressee',
  asked: Asked,
  type: string,
): Promise<string> {
  const by = side === 'requester' ? story.requester : story.addressee(asked);
  const leg = await story.seen(by, asked, ({ messages }) => messages.some((one) => one.type === type));
  return messageOf(leg, type);
}

export const ASKING: readonly Step[] = [logIn, lookUpRoutes, send, arrive, read, twoClocks];
