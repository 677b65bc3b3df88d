import type { AssignmentView, ErasedLeg, HoldView, NoteView, RefusalAnswer, SentEnvelope } from '#libs/contracts';
import { pagesOf } from './transport/pages.js';
import type { AnswerOf, BodyOf, Call, Transport } from './transport/transport.js';

/** Of one act: `idempotencyKey` makes it safe to repeat even from another process. */
export type ActOptions = Pick<Call, 'idempotencyKey' | 'signal'>;

/** What an officer does with a leg. */
export abstract class LegActs {
  protected abstract readonly transport: Transport;

  // Acts that cross the border

  async acknowledge(legId: string, options: ActOptions = {}): Promise<SentEnvelope> {
    return this.transport.call('acknowledgeLeg', { ...options, params: { legId } });
  }

  async askClarification(
    legId: string,
    body: BodyOf<'askClarification'>,
    options: ActOptions = {},
  ): Promise<AnswerOf<'askClarification'>> {
    return this.transport.call('askClarification', { ...options, params: { legId }, body });
  }

  async answerClarification(
    legId: string,
    clarificationId: string,
    body: BodyOf<'answerClarification'>,
    options: ActOptions = {},
  ): Promise<SentEnvelope> {
    return this.transport.call('answerClarification', { ...options, params: { legId, clarificationId }, body });
  }

  async announceAuthorisation(
    legId: string,
    body: BodyOf<'announceAuthorisation'>,
    options: ActOptions = {},
  ): Promise<SentEnvelope> {
    return this.transport.call('announceAuthorisation', { ...options, params: { legId }, body });
  }

  async respond(legId: string, body: BodyOf<'respond'>, options: ActOptions = {}): Promise<SentEnvelope> {
    return this.transport.call('respond', { ...options, params: { legId }, body });
  }

  /** The answer has no `envelopeId` while a refusal on a sensitive ground waits for the second supervisor. */
  async refuse(legId: string, body: BodyOf<'refuse'>, options: ActOptions = {}): Promise<RefusalAnswer> {
    return this.transport.call('refuse', { ...options, params: { legId }, body });
  }

  async countersignRefusal(legId: string, refusalId: string, options: ActOptions = {}): Promise<SentEnvelope> {
    return this.transport.call('countersignRefusal', { ...options, params: { legId, refusalId } });
  }

  async decline(legId: string, options: ActOptions = {}): Promise<SentEnvelope> {
    return this.transport.call('decline', { ...options, params: { legId } });
  }

  async askReconsideration(
    legId: string,
    body: BodyOf<'askReconsideration'>,
    options: ActOptions = {},
  ): Promise<SentEnvelope> {
    return this.transport.call('askReconsideration', { ...options, params: { legId }, body });
  }

  async close(legId: string, body: BodyOf<'closeLeg'>, options: ActOptions = {}): Promise<SentEnvelope> {
    return this.transport.call('closeLeg', { ...options, params: { legId }, body });
  }

  async withdraw(legId: string, body: BodyOf<'withdrawLeg'> = {}, options: ActOptions = {}): Promise<SentEnvelope> {
    return this.transport.call('withdrawLeg', { ...options, params: { legId }, body });
  }

  // What stays in the country

  async assign(legId: string, body: BodyOf<'assignLeg'>, options: ActOptions = {}): Promise<AssignmentView> {
    return this.transport.call('assignLeg', { ...options, params: { legId }, body });
  }

  assignments(legId: string): AsyncGenerator<AssignmentView, void, undefined> {
    return pagesOf(this.transport, 'listAssignments', {}, { legId });
  }

  async addNote(legId: string, text: string, options: ActOptions = {}): Promise<NoteView> {
    return this.transport.call('addNote', { ...options, params: { legId }, body: { text } });
  }

  notes(legId: string): AsyncGenerator<NoteView, void, undefined> {
    return pagesOf(this.transport, 'listNotes', {}, { legId });
  }

  // Erasing

  /** Erases what people wrote about a leg that has ended, here and for ever. */
  async eraseLeg(legId: string, body: BodyOf<'eraseLeg'>, options: ActOptions = {}): Promise<ErasedLeg> {
    return this.transport.call('eraseLeg', { ...options, params: { legId }, body });
  }

  async holdLeg(legId: string, body: BodyOf<'holdLeg'>, options: ActOptions = {}): Promise<HoldView> {
    return this.transport.call('holdLeg', { ...options, params: { legId }, body });
  }

  async releaseHold(
    { legId, holdId }: { readonly legId: string; readonly holdId: string },
    body: BodyOf<'releaseHold'>,
    options: ActOptions = {},
  ): Promise<HoldView> {
    return this.transport.call('releaseHold', { ...options, params: { legId, holdId }, body });
  }

  /** Holds on a leg, newest first; pages are fetched as they are needed. */
  holds(legId: string): AsyncGenerator<HoldView, void, undefined> {
    return pagesOf(this.transport, 'listHolds', {}, { legId });
  }
}
