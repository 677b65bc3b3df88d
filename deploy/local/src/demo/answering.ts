import { setTimeout as sleep } from 'node:timers/promises';
import { type LegAttachment, type LegView, legAnswered, legPartiallyAnswered } from '#libs/contracts';
import { awaitMessage } from './asking.js';
import { AWAITED, CLARIFICATION, EXPLANATION, FINAL_ANSWER, NO_RECORD, PARTIAL_ANSWER } from './case.js';
import { FILES } from './files.js';
import { type Asked, clock, NAMES, promise, type Step, type Story, span } from './story.js';

const PURPOSE = '--purpose INVESTIGATION';
const HOURS_48 = 48 * 3600_000;

const noRecord: Step = {
  name: 'no-record',
  title: 'Türkiye answers: no record',
  async run(story) {
    const legId = story.legTo('tr');
    story.teller.command(`serai legs answer ${legId} --file ${story.bodies}/no-record.json --as tr.duty ${PURPOSE}`);
    const turkiye = story.addressee('tr');
    await story.accepted(turkiye, await turkiye.respond(legId, NO_RECORD, story.once('no-record')));
    const here = await story.seen(story.requester, 'tr', (leg) => leg.state?.status === 'ANSWERED');
    promise(here.state?.clock.state === 'STOPPED', 'the clock stopped');
    story.teller.say(`Serbia sees: ANSWERED; the Turkish clock stopped at ${clock(here.state.clock.stoppedAt)}.`);
  },
};

const acknowledge: Step = {
  name: 'acknowledge',
  title: 'Iraq takes the request on',
  async run(story) {
    const legId = story.legTo('iq');
    story.teller.command(`serai legs acknowledge ${legId} --as iq.duty ${PURPOSE}`);
    const iraq = story.addressee('iq');
    await story.accepted(iraq, await iraq.acknowledge(legId, story.once('acknowledge')));
  },
};

const assign: Step = {
  name: 'assign',
  title: 'Iraq gives it to a unit inside the country and notes something; neither leaves the country',
  async run(story) {
    const { teller } = story;
    const legId = story.legTo('iq');
    const iraq = story.addressee('iq');
    teller.command(`serai legs assign ${legId} --unit "CID Erbil (invented)" --as iq.duty ${PURPOSE}`);
    const { unit } = await iraq.assign(legId, { unit: 'CID Erbil (invented)' }, story.once('assign'));
    teller.command(`serai legs note ${legId} --text "Ask the register office first." --as iq.duty ${PURPOSE}`);
    await iraq.addNote(legId, 'Ask the register office first.', story.once('note'));
    const there = await story.seen(iraq, 'iq', (leg) => leg.status === 'ASSIGNED');
    const here = await story.seen(story.requester, 'iq', (leg) => leg.status === 'ACKNOWLEDGED');
    teller.say(`Iraq sees: ${there.status} to ${unit}. Serbia sees: ${here.status}.`);
  },
};

const clarify: Step = {
  name: 'clarify',
  title: 'Iraq asks back; its clock pauses',
  async run(story) {
    const legId = story.legTo('iq');
    const iraq = story.addressee('iq');
    story.teller.command(`serai legs clarify ${legId} --text "${CLARIFICATION.text}" --as iq.duty ${PURPOSE}`);
    await story.accepted(iraq, await iraq.askClarification(legId, CLARIFICATION, story.once('clarify')));
    const first = await story.seen(story.requester, 'iq', (leg) => leg.state?.clock.state === 'PAUSED');
    await sleep(1_500);
    const second = await story.requester.leg(legId);
    promise(first.remainingMs === second.remainingMs, 'no time passes while the question is open');
    story.teller.say(
      `Paused since ${clock(first.state?.clock.pausedSince)}. Time left ${span(first.remainingMs)}; a second and a half later still ${span(second.remainingMs)}.`,
    );
  },
};

const explain: Step = {
  name: 'explain',
  title: 'Serbia answers the question; the clock goes on',
  async run(story) {
    const { requester, teller } = story;
    const legId = story.legTo('iq');
    teller.command(`serai legs explain ${legId} --text "${EXPLANATION.text}" --as rs.liaison ${PURPOSE}`);
    const asked = await story.seen(requester, 'iq', (leg) =>
      leg.messages.some(({ header }) => header['clarificationId']),
    );
    const question = asked.messages.find(({ header }) => header['clarificationId'])?.header['clarificationId'];
    const sent = await requester.answerClarification(legId, String(question), EXPLANATION, story.once('explain'));
    await story.accepted(requester, sent);
    const there = await story.seen(story.addressee('iq'), 'iq', (leg) => leg.state?.clock.state === 'RUNNING');
    promise((there.state?.clock.pausedMs ?? 0) > 0, 'the pause is counted');
    teller.say(
      `Runs again; the pause of ${span(there.state?.clock.pausedMs)} was given back: due ${clock(there.state?.clock.dueAt)}.`,
    );
  },
};

const answerInPart: Step = {
  name: 'partial-answer',
  title: 'Iraq answers the first question: grade B2 (a mostly reliable source that knows it itself), handling H2',
  async run(story) {
    const legId = story.legTo('iq');
    const iraq = story.addressee('iq');
    story.teller.command(
      `serai legs answer ${legId} --file ${story.bodies}/partial-answer.json --as iq.duty ${PURPOSE}`,
    );
    await story.accepted(iraq, await iraq.respond(legId, PARTIAL_ANSWER, story.once('partial-answer')));
    await readAnswer(story, 'iq', legPartiallyAnswered.type);
  },
};

const awaitAuthorisation: Step = {
  name: 'authorisation',
  title: 'Iraq announces that the second answer needs a judge; the clock runs on, an overrun would be excused',
  async run(story) {
    const legId = story.legTo('iq');
    const iraq = story.addressee('iq');
    const expectedBy = new Date(Date.now() + HOURS_48).toISOString();
    story.teller.command(
      `serai legs await-authorisation ${legId} --expected-by ${expectedBy} --text "${AWAITED.text}" --as iq.duty ${PURPOSE}`,
    );
    const body = { ...AWAITED, expectedBy };
    await story.accepted(iraq, await iraq.announceAuthorisation(legId, body, story.once('authorisation')));
    const here = await story.seen(story.requester, 'iq', (leg) => leg.state?.status === 'AWAITING_AUTHORISATION');
    promise(here.state?.clock.state === 'RUNNING', 'the clock runs on');
    story.teller.say(
      `Serbia sees: judicial authorisation awaited, expected by ${expectedBy}; clock ${here.state.clock.state}.`,
    );
  },
};

const answerFinally: Step = {
  name: 'final-answer',
  title: 'Iraq answers the second question, with a page of the register and a portrait; that was all',
  async run(story) {
    const legId = story.legTo('iq');
    const iraq = story.addressee('iq');
    const files = FILES.map(({ name }) => `${story.bodies}/${name}`).join(' ');
    story.teller.command(
      `serai legs answer ${legId} --file ${story.bodies}/final-answer.json --attach ${files} --as iq.duty ${PURPOSE}`,
    );
    const attachments: string[] = [];
    for (const [nth, file] of FILES.entries()) {
      attachments.push(await iraq.uploadAttachment(file, story.once(`upload-${nth}`)));
    }
    const answer = { ...FINAL_ANSWER, attachments };
    await story.accepted(iraq, await iraq.respond(legId, answer, story.once('final-answer')));
    await readAnswer(story, 'iq', legAnswered.type);
  },
};

const saveFiles: Step = {
  name: 'attachments',
  title: 'Serbia saves both files, which crossed the hub encrypted: byte for byte as Iraq sent them',
  async run(story) {
    const { requester, teller } = story;
    const legId = story.legTo('iq');
    const { messages } = await story.seen(requester, 'iq', ({ messages }) => attachedTo(messages).every(isHere));
    const attached = attachedTo(messages);
    promise(attached.length === FILES.length, 'every file has arrived');
    const envelopeId = messages.find(({ type }) => type === legAnswered.type)?.envelopeId ?? '';
    for (const { attachmentId, bytes } of attached) {
      teller.command(`serai attachments download ${legId} ${envelopeId} ${attachmentId} --as rs.liaison ${PURPOSE}`);
      const { name, mediaType, content } = await requester.downloadAttachment({ legId, envelopeId, attachmentId });
      const sent = FILES.find((file) => file.name === name);
      promise(sent?.mediaType === mediaType && content.equals(sent.content), `${name} is what Iraq sent`);
      teller.say(
        `${name}: ${content.byteLength} bytes, ${mediaType}; the hub carried ${bytes} bytes that it cannot read.`,
      );
    }
  },
};

const attachedTo = (messages: LegView['messages']): LegAttachment[] =>
  messages.flatMap(({ type, attachments = [] }) => (type === legAnswered.type ? attachments : []));
const isHere = ({ state }: LegAttachment): boolean => state === 'READY';

const close: Step = {
  name: 'close',
  title: 'Serbia closes both legs with their outcome',
  async run(story) {
    const { requester, teller } = story;
    const outcomes = { iq: { outcome: 'IDENTIFIED', usefulness: 4 }, tr: { outcome: 'NOT_IDENTIFIED' } } as const;
    for (const asked of ['iq', 'tr'] as const) {
      const { outcome } = outcomes[asked];
      teller.command(`serai legs close ${story.legTo(asked)} --outcome ${outcome} --as rs.liaison ${PURPOSE}`);
      await story.accepted(
        requester,
        await requester.close(story.legTo(asked), outcomes[asked], story.once(`close-${asked}`)),
      );
      const there = await story.seen(story.addressee(asked), asked, (leg) => leg.state?.status === 'CLOSED');
      teller.say(`${NAMES[asked]} sees: ${there.state?.status} with outcome ${there.state?.outcome}.`);
    }
  },
};

async function readAnswer(story: Story, asked: Asked, type: string): Promise<void> {
  const envelopeId = await awaitMessage(story, 'requester', asked, type);
  story.teller.command(`serai legs read ${story.legTo(asked)} ${envelopeId} --as rs.liaison ${PURPOSE}`);
  const { content } = await story.requester.content(story.legTo(asked), envelopeId);
  promise('items' in content && !('facts' in content), 'the content is an answer');
  for (const { basis, text, grade, handling } of content.items.flatMap(({ statements }) => statements)) {
    story.teller.say(
      `Serbia reads, ${basis} graded ${grade.source}${grade.information}, handling ${handling}: "${text}"`,
    );
  }
}

export const ANSWERING: readonly Step[] = [
  noRecord,
  acknowledge,
  assign,
  clarify,
  explain,
  answerInPart,
  awaitAuthorisation,
  answerFinally,
  saveFiles,
  close,
];
