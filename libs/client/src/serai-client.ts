import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AccessLogEntry,
  ApprovalSummary,
  ApprovalView,
  AssignmentView,
  DeskView,
  DirectoryChanges,
  DirectoryProposal,
  EnvelopeView,
  EscalationStep,
  KeyView,
  LegSummary,
  LegView,
  LiveEvent,
  MessageContent,
  MessageProof,
  NoteView,
  NudgesView,
  OfficerView,
  ParticipantView,
  ProposedChanges,
  PurposeCode,
  RefusalAnswer,
  RequestView,
  RouteView,
  SentEnvelope,
  SentNudges,
  SubmittedRequest,
} from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { SeraiProblem } from './serai-problem.js';
import {
  type AttachedFile,
  downloadFile,
  type NewAttachmentFile,
  type TransferOptions,
  type UploadOptions,
  uploadFile,
} from './transport/attachments.js';
import { streamLiveEvents } from './transport/live-events.js';
import {
  type AnswerOf,
  type BodyOf,
  type Call,
  type QueryOf,
  Transport,
  type TransportOptions,
} from './transport/transport.js';

/** How {@link SeraiClient} reaches an access point; see {@link TransportOptions}. */
export interface SeraiClientOptions extends TransportOptions {
  readonly purpose?: PurposeCode;
}

/** Of one act: `idempotencyKey` makes it safe to repeat even from another process. */
export type ActOptions = Pick<Call, 'idempotencyKey' | 'signal'>;

/** What to wait for; throws `ERR_UPSTREAM_UNAVAILABLE` when `timeoutMs` (30 s unless given) have passed. */
export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const POLL_MS = { first: 25, longest: 500 };
const WAIT_MS = 30_000;

/**
 * An access point's API for officers, typed after the route table of `contracts` (docs/reference/openapi). What the access point refuses is
 * thrown as {@link SeraiProblem}; an access point that does not answer as SeraiError `ERR_UPSTREAM_UNAVAILABLE`, after the patience.
 *
 * @example
 * const serai = new SeraiClient({ baseUrl: 'http://127.0.0.1:4121', token, desk: 'urn:serai:desk:rs:liaison', purpose: 'INVESTIGATION' });
 * const { legs } = await serai.submitRequest(request);
 * await serai.waitForEnvelope(legs[0].envelopeId, { until: 'ACCEPTED' });
 */
export class SeraiClient {
  private readonly transport: Transport;

  constructor(private readonly options: SeraiClientOptions) {
    this.transport = new Transport(options);
  }

  /** The same officer acting for another desk or purpose. */
  acting(context: { readonly desk?: string; readonly purpose?: PurposeCode }): SeraiClient {
    return new SeraiClient({ ...this.options, ...context });
  }

  // Who and whom

  async me(): Promise<OfficerView> {
    return this.transport.call('getOfficer');
  }

  async participants(): Promise<ParticipantView[]> {
    return (await this.transport.call('listParticipants')).entries;
  }

  async desks(query: QueryOf<'listDesks'> = {}): Promise<DeskView[]> {
    return (await this.transport.call('listDesks', { query })).entries;
  }

  /** What agreements allow to ask from here; `to` is one participant's URN or several with commas between. */
  async routes(query: QueryOf<'listRoutes'> = {}): Promise<RouteView[]> {
    return (await this.transport.call('listRoutes', { query })).entries;
  }

  async directoryChanges(): Promise<DirectoryChanges> {
    return this.transport.call('getDirectoryChanges');
  }

  // Nudges of desks

  /** How a desk is nudged when something waits for it. */
  async nudges(desk: string): Promise<NudgesView> {
    return this.transport.call('getNudges', { params: { desk } });
  }

  /** Says where and when a desk is nudged; {@link nudges} shows what the hub says to it. */
  async setNudges(desk: string, body: BodyOf<'setNudges'>, options: ActOptions = {}): Promise<SentEnvelope> {
    return this.transport.call('setNudges', { ...options, params: { desk }, body });
  }

  /** Waits until the hub has taken or refused settings that were sent. */
  async waitForNudges(desk: string, envelopeId: string, options: WaitOptions = {}): Promise<SentNudges> {
    const find = async () => (await this.nudges(desk)).settings.find((sent) => sent.envelopeId === envelopeId);
    return this.waitFor(find, ({ state }) => state === 'ACCEPTED' || state === 'REFUSED', options);
  }

  /** What the hub did because nobody opened an urgent leg, oldest first. */
  async escalations(legId: string): Promise<EscalationStep[]> {
    return (await this.transport.call('listEscalations', { params: { legId } })).entries;
  }

  // Requests and legs

  async submitRequest(request: BodyOf<'submitRequest'>, options: ActOptions = {}): Promise<SubmittedRequest> {
    return this.transport.call('submitRequest', { ...options, body: request });
  }

  /** Own requests, newest first; pages are fetched as they are needed. */
  requests(query: QueryOf<'listRequests'> = {}): AsyncGenerator<RequestView, void, undefined> {
    return this.pages('listRequests', query);
  }

  async request(requestId: string): Promise<RequestView> {
    return this.transport.call('getRequest', { params: { requestId } });
  }

  /** Legs of own desks; pages are fetched as they are needed. */
  legs(query: QueryOf<'listLegs'> = {}): AsyncGenerator<LegSummary, void, undefined> {
    return this.pages('listLegs', query);
  }

  async leg(legId: string): Promise<LegView> {
    return this.transport.call('getLeg', { params: { legId } });
  }

  /** Decrypted content; the look is logged, and the addressee's first look at the request tells the sender that it was read. */
  async content(legId: string, envelopeId: string): Promise<MessageContent> {
    return this.transport.call('readContent', { params: { legId, envelopeId } });
  }

  /** Uploads a file that a message then names by the id that this resolves to; goes on after interruptions. */
  async uploadAttachment(file: NewAttachmentFile, options: UploadOptions = {}): Promise<string> {
    return uploadFile(this.transport, file, options);
  }

  /** A file that goes with a message: all of it, or an error. The look is logged. */
  async downloadAttachment(
    attachment: { readonly legId: string; readonly envelopeId: string; readonly attachmentId: string },
    options: TransferOptions = {},
  ): Promise<AttachedFile> {
    return downloadFile(this.transport, attachment, options);
  }

  async proof(legId: string, envelopeId: string): Promise<MessageProof> {
    return this.transport.call('getProof', { params: { legId, envelopeId } });
  }

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

  // What needs a second person

  /** What waits for a second person, or waited, newest first; pages are fetched as they are needed. */
  approvals(query: QueryOf<'listApprovals'> = {}): AsyncGenerator<ApprovalSummary, void, undefined> {
    return this.pages('listApprovals', query);
  }

  /** One proposal with what it would send; the look is logged. */
  async approval(approvalId: string): Promise<ApprovalView> {
    return this.transport.call('getApproval', { params: { approvalId } });
  }

  async approve(approvalId: string, options: ActOptions = {}): Promise<SentEnvelope> {
    return this.transport.call('approve', { ...options, params: { approvalId } });
  }

  async reject(approvalId: string, body: BodyOf<'reject'>, options: ActOptions = {}): Promise<ApprovalSummary> {
    return this.transport.call('reject', { ...options, params: { approvalId }, body });
  }

  async withdrawApproval(approvalId: string, options: ActOptions = {}): Promise<ApprovalSummary> {
    return this.transport.call('withdrawApproval', { ...options, params: { approvalId } });
  }

  // What stays in the country

  async assign(legId: string, body: BodyOf<'assignLeg'>, options: ActOptions = {}): Promise<AssignmentView> {
    return this.transport.call('assignLeg', { ...options, params: { legId }, body });
  }

  assignments(legId: string): AsyncGenerator<AssignmentView, void, undefined> {
    return this.pages('listAssignments', {}, { legId });
  }

  async addNote(legId: string, text: string, options: ActOptions = {}): Promise<NoteView> {
    return this.transport.call('addNote', { ...options, params: { legId }, body: { text } });
  }

  notes(legId: string): AsyncGenerator<NoteView, void, undefined> {
    return this.pages('listNotes', {}, { legId });
  }

  /** Who looked at what, newest first; pages are fetched as they are needed. */
  accessLog(query: QueryOf<'listAccessLog'> = {}): AsyncGenerator<AccessLogEntry, void, undefined> {
    return this.pages('listAccessLog', query);
  }

  // Keys, and changes of the directory

  /** Every key of this participant that was ever registered, and those in the keystore that wait for it. */
  async keys(): Promise<KeyView[]> {
    return (await this.transport.call('listKeys')).entries;
  }

  async rotateKey(body: BodyOf<'rotateKey'>, options: ActOptions = {}): Promise<ProposedChanges> {
    return this.transport.call('rotateKey', { ...options, body });
  }

  async endKey(kid: string, body: BodyOf<'endKey'>, options: ActOptions = {}): Promise<ProposedChanges> {
    return this.transport.call('endKey', { ...options, params: { kid }, body });
  }

  /** Hands in what the chairs have signed; {@link directoryProposals} says what the hub makes of it. */
  async submitDirectoryChanges(
    body: BodyOf<'submitDirectoryChanges'>,
    options: ActOptions = {},
  ): Promise<DirectoryProposal[]> {
    return (await this.transport.call('submitDirectoryChanges', { ...options, body })).entries;
  }

  /** The newest changes that were proposed or handed in at this access point. */
  async directoryProposals(): Promise<DirectoryProposal[]> {
    return (await this.transport.call('listDirectoryProposals')).entries;
  }

  // Following what was sent

  async envelope(envelopeId: string): Promise<EnvelopeView> {
    return this.transport.call('getEnvelope', { params: { envelopeId } });
  }

  /**
   * Waits until the hub has made the envelope durable (`RECEIVED`), has accepted it, or has decided either way (`DECIDED`).
   * A refusal is thrown as {@link SeraiProblem} unless `DECIDED` was asked for.
   */
  async waitForEnvelope(
    envelopeId: string,
    { until, ...options }: WaitOptions & { readonly until: 'RECEIVED' | 'ACCEPTED' | 'DECIDED' },
  ): Promise<EnvelopeView> {
    const enough = until === 'RECEIVED' ? ['RECEIVED', 'ACCEPTED', 'REFUSED'] : ['ACCEPTED', 'REFUSED'];
    const found = await this.waitFor(
      () => this.envelope(envelopeId),
      ({ state }) => enough.includes(state),
      options,
    );
    if (found.state === 'REFUSED' && found.problem && until !== 'DECIDED') throw new SeraiProblem(found.problem);
    return found;
  }

  /** Waits until the leg is as `isSo` asks. */
  async waitForLeg(legId: string, isSo: (leg: LegView) => boolean, options: WaitOptions = {}): Promise<LegView> {
    return this.waitFor(() => this.leg(legId), isSo, options);
  }

  /** Live events without content from now on, or after `lastEventId`; connects again by itself until `signal` is aborted. */
  events(options: {
    readonly lastEventId?: string;
    readonly signal: AbortSignal;
  }): AsyncGenerator<LiveEvent, void, undefined> {
    return streamLiveEvents(this.transport, options.lastEventId, options.signal);
  }

  private async waitFor<T>(
    look: () => Promise<T | undefined>,
    isSo: (seen: T) => boolean,
    options: WaitOptions,
  ): Promise<T> {
    const timeoutMs = options.timeoutMs ?? WAIT_MS;
    const end = Date.now() + timeoutMs;
    for (let wait = POLL_MS.first; ; wait = Math.min(wait * 1.5, POLL_MS.longest)) {
      // Not visible yet is a reason to wait, not to fail: an incoming leg is on its way.
      const seen = await look().catch((error: unknown) => ignoreNotFound(error));
      if (seen !== undefined && isSo(seen)) return seen;
      if (Date.now() > end) {
        throw new SeraiError(
          'ERR_UPSTREAM_UNAVAILABLE',
          `What was waited for did not happen within ${timeoutMs / 1000} s.`,
        );
      }
      await sleep(wait, undefined, { signal: options.signal });
    }
  }

  private async *pages<
    Id extends 'listRequests' | 'listLegs' | 'listAccessLog' | 'listApprovals' | 'listAssignments' | 'listNotes',
  >(
    id: Id,
    query: QueryOf<Id>,
    params?: Record<string, string>,
  ): AsyncGenerator<AnswerOf<Id>['entries'][number], void, undefined> {
    for (let cursor = query?.cursor; ; ) {
      const page: { entries: AnswerOf<Id>['entries'][number][]; next?: string } = await this.transport.call(id, {
        params,
        query: { ...query, cursor },
      });
      yield* page.entries;
      if (!page.next) return;
      cursor = page.next;
    }
  }
}

function ignoreNotFound(error: unknown): undefined {
  if (error instanceof SeraiProblem && error.code === 'ERR_REQUEST_NOT_FOUND') return undefined;
  throw error;
}
