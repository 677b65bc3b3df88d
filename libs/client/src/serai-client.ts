import type {
  AccessLogEntry,
  ApprovalSummary,
  ApprovalView,
  AuditRecord,
  DeskView,
  DirectoryChanges,
  DirectoryProposal,
  EnvelopeView,
  EscalationStep,
  ExportedRecords,
  KeyView,
  LegSummary,
  LegView,
  LiveEvent,
  LogAlarm,
  LogView,
  MessageContent,
  MessageProof,
  MessageReceipt,
  NudgesView,
  OfficerView,
  ParticipantView,
  ProposedChanges,
  PurposeCode,
  RequestView,
  RouteView,
  SentEnvelope,
  SentNudges,
  SubmittedRequest,
} from '#libs/contracts';
import { AuditorActs } from './auditor-acts.js';
import type { ActOptions } from './leg-acts.js';
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
import { pagesOf } from './transport/pages.js';
import { type BodyOf, type QueryOf, Transport, type TransportOptions } from './transport/transport.js';
import { type WaitOptions, waitUntil } from './transport/waiting.js';

/** How {@link SeraiClient} reaches an access point; see {@link TransportOptions}. */
export interface SeraiClientOptions extends TransportOptions {
  readonly purpose?: PurposeCode;
}

/**
 * An access point's API for officers, typed after the route table of `contracts` (docs/reference/openapi). What the access point refuses is
 * thrown as {@link SeraiProblem}; an access point that does not answer as SeraiError `ERR_UPSTREAM_UNAVAILABLE`, after the patience.
 *
 * @example
 * const serai = new SeraiClient({ baseUrl: 'http://127.0.0.1:4121', token, desk: 'urn:serai:desk:rs:liaison', purpose: 'INVESTIGATION' });
 * const { legs } = await serai.submitRequest(request);
 * await serai.waitForEnvelope(legs[0].envelopeId, { until: 'ACCEPTED' });
 */
export class SeraiClient extends AuditorActs {
  protected readonly transport: Transport;

  constructor(private readonly options: SeraiClientOptions) {
    super();
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
    return waitUntil(find, ({ state }) => state === 'ACCEPTED' || state === 'REFUSED', options);
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
    return pagesOf(this.transport, 'listRequests', query);
  }

  async request(requestId: string): Promise<RequestView> {
    return this.transport.call('getRequest', { params: { requestId } });
  }

  /** Legs of own desks; pages are fetched as they are needed. */
  legs(query: QueryOf<'listLegs'> = {}): AsyncGenerator<LegSummary, void, undefined> {
    return pagesOf(this.transport, 'listLegs', query);
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

  /**
   * How far the hub vouches for a message, with what proves it.
   *
   * @param query the level that is waited for, and for how many seconds; the answer has the level that was reached
   */
  async receipt(legId: string, envelopeId: string, query: QueryOf<'getReceipt'> = {}): Promise<MessageReceipt> {
    return this.transport.call('getReceipt', { params: { legId, envelopeId }, query });
  }

  /** What proves a leg to a stranger, offline: a zip file. Waits while the log does not hold all of it yet. */
  async evidence(legId: string): Promise<Buffer> {
    const answer = await this.transport.open('exportEvidence', { params: { legId } });
    return Buffer.from(await answer.arrayBuffer());
  }

  /** Who looked at what, newest first; pages are fetched as they are needed. */
  accessLog(query: QueryOf<'listAccessLog'> = {}): AsyncGenerator<AccessLogEntry, void, undefined> {
    return pagesOf(this.transport, 'listAccessLog', query);
  }

  /** What was sent, received, looked at and handed out, newest first; each page is logged as a search with its reason. */
  auditRecords(query: QueryOf<'searchRecords'>): AsyncGenerator<AuditRecord, void, undefined> {
    return pagesOf(this.transport, 'searchRecords', query);
  }

  /** Found records as their access point signs them; `verify records` checks them offline. */
  async exportRecords(query: QueryOf<'exportRecords'>): Promise<ExportedRecords> {
    return this.transport.call('exportRecords', { query });
  }

  // What needs a second person

  /** What waits for a second person, or waited, newest first; pages are fetched as they are needed. */
  approvals(query: QueryOf<'listApprovals'> = {}): AsyncGenerator<ApprovalSummary, void, undefined> {
    return pagesOf(this.transport, 'listApprovals', query);
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

  /** Whether this access point trusts the audit log, and its alarms. */
  async log(): Promise<LogView> {
    return this.transport.call('getLog');
  }

  async acknowledgeLogAlarm(
    alarmId: string,
    body: BodyOf<'acknowledgeLogAlarm'>,
    options: ActOptions = {},
  ): Promise<LogAlarm> {
    return this.transport.call('acknowledgeLogAlarm', { ...options, params: { alarmId }, body });
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
    const found = await waitUntil(
      () => this.envelope(envelopeId),
      ({ state }) => enough.includes(state),
      options,
    );
    if (found.state === 'REFUSED' && found.problem && until !== 'DECIDED') throw new SeraiProblem(found.problem);
    return found;
  }

  /** Waits until the leg is as `isSo` asks. */
  async waitForLeg(legId: string, isSo: (leg: LegView) => boolean, options: WaitOptions = {}): Promise<LegView> {
    return waitUntil(() => this.leg(legId), isSo, options);
  }

  /** Live events without content from now on, or after `lastEventId`; connects again by itself until `signal` is aborted. */
  events(options: {
    readonly lastEventId?: string;
    readonly signal: AbortSignal;
  }): AsyncGenerator<LiveEvent, void, undefined> {
    return streamLiveEvents(this.transport, options.lastEventId, options.signal);
  }
}
