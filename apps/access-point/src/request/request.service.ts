import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 } from 'uuid';
import { z } from 'zod';
import { type DescribedRequest, instant, type RequestView, type SubmittedRequest, uuid7 } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { findHeldOfRequests, type NewApproval } from '../approval/approval.repository.js';
import { heldLegOf } from '../approval/approval.view.js';
import { APPROVAL_LIFE_MS, ApprovalBook } from '../approval/approval-book.js';
import { Drafts } from '../attachment/drafts.js';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Idempotency } from '../idempotency/idempotency.service.js';
import type { PreparedAct, SharedActs } from '../idempotency/shared-acts.js';
import { Identity } from '../identity.js';
import { notFound } from '../leg/leg.reader.js';
import { findLegsOfRequests, insertLegsAtCommit } from '../leg/leg.repository.js';
import { legSummaryOf } from '../leg/leg.view.js';
import type { Call } from '../officer/call.js';
import type { Officer } from '../officer/officer.js';
import { type Reach, requireReach } from '../officer/permission.js';
import { Outgoing } from '../outgoing/outgoing.service.js';
import { nextCursor, type Page, readCursor } from '../paging/cursor.js';
import type { HeldRequest } from './held-request.js';
import { protectionGate } from './protection-gate.js';
import { findRequest, findRequests, insertRequests, type RequestRecord } from './request.repository.js';
import { type BasedRecipient, checkRequest } from './request.rules.js';
import { type LegSource, type NewLegDraft, RequestComposer } from './request-composer.js';

const position = z.object({ at: instant, requestId: uuid7 });

/** A request that is about to be stored: what of it goes out, and what waits for a second person. */
interface NewRequest {
  readonly request: RequestRecord;
  readonly officer: Officer;
  readonly source: LegSource;
  readonly legs: readonly NewLegDraft[];
  readonly held: readonly { readonly approval: NewApproval; readonly proposal: HeldRequest }[];
}

/** Composes, submits and lists requests. */
@Injectable()
export class Requests {
  private readonly acts: SharedActs<NewRequest, SubmittedRequest>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly identity: Identity,
    private readonly community: CommunityDirectory,
    idempotency: Idempotency,
    private readonly composer: RequestComposer,
    private readonly outgoing: Outgoing,
    private readonly drafts: Drafts,
    private readonly approvals: ApprovalBook,
  ) {
    this.acts = idempotency.shared(
      (tx) => this.outgoing.prepare(tx),
      (tx, requests) => this.store(tx, requests),
    );
  }

  /** One signed, encrypted envelope per recipient, stored with the request in one transaction. */
  submit(call: Call<'submitRequest'>): Promise<SubmittedRequest> {
    return this.acts.once(call, () => this.prepare(call));
  }

  private async prepare(call: Call<'submitRequest'>): Promise<PreparedAct<NewRequest, SubmittedRequest>> {
    const createdAt = new Date();
    const { participant } = this.identity;
    const { acting, body, officer } = call;
    const checked = checkRequest(body, { directory: this.community.current, participant, acting, now: createdAt });
    const { open, held } = sortRecipients(checked.recipients, body, officer);
    const requestId = v7();
    const attached = await this.drafts.open(this.dataSource.manager, officer, body.attachments);
    const officers = { proposedBy: officer.pseudonym };
    const source: LegSource = { ...checked, requestId, body, acting, officers, attached };
    const legs = await Promise.all(open.map((recipient) => this.composer.compose(source, recipient, v7())));
    const proposals = held.map((recipient) => heldLeg(source, recipient, officer));
    const { kind, priority } = body;
    const { expiresAt } = checked;
    const request = {
      requestId,
      kind,
      priority,
      desk: acting.desk,
      officer: officer.pseudonym,
      createdAt,
      expiresAt,
    };
    const answer = {
      requestId,
      legs: legs.map(({ legId, recipient: { participant: to, desk }, draft }) => ({
        legId,
        participant: to,
        desk,
        envelopeId: draft.event.id,
      })),
      ...(held.length === 0 ? {} : { held: proposals.map(({ approval }) => heldAnswer(approval)) }),
    };
    return { prepared: { request, officer, source, legs, held: proposals }, answer };
  }

  private async store(tx: EntityManager, requests: readonly NewRequest[]): Promise<void> {
    const legs = requests.flatMap(({ source, legs: ofRequest }) =>
      ofRequest.map((leg) => this.composer.legOf(source, leg)),
    );
    const drafts = requests.flatMap(({ legs: ofRequest }) => ofRequest.map(({ draft }) => draft));
    await insertRequests(
      tx,
      requests.map(({ request }) => request),
    );
    await insertLegsAtCommit(tx, legs);
    for (const { officer, source, held, legs: ofRequest } of requests) {
      const messages = ofRequest.map(({ legId, draft }) => ({ legId, envelopeId: draft.event.id }));
      await this.drafts.attach(tx, officer, source.attached, messages);
      for (const { approval, proposal } of held) await this.approvals.propose(tx, approval, proposal);
    }
    await this.outgoing.queue(tx, drafts);
  }

  async list({ reach, query }: Call<'listRequests'>): Promise<Page<RequestView>> {
    const before = readCursor(position, query.cursor);
    const found = await findRequests(this.dataSource.manager, { reach, before, limit: query.limit + 1 });
    const positionOf = (request: RequestRecord) => ({
      at: request.createdAt.toISOString(),
      requestId: request.requestId,
    });
    const { rows, next } = nextCursor(found, query.limit, positionOf);
    return { entries: await this.viewsOf(rows, reach), ...next };
  }

  async get({ reach, params }: Call<'getRequest'>): Promise<RequestView> {
    const request = await findRequest(this.dataSource.manager, params.requestId, reach);
    const [view] = request ? await this.viewsOf([request], reach) : [];
    if (!view) throw notFound();
    return view;
  }

  private async viewsOf(requests: readonly RequestRecord[], reach: Reach): Promise<RequestView[]> {
    const ids = requests.map(({ requestId }) => requestId);
    const legs = await findLegsOfRequests(this.dataSource.manager, ids, reach);
    const held = await findHeldOfRequests(this.dataSource.manager, ids);
    const now = new Date();
    return requests.map(({ createdAt, expiresAt, ...request }) => {
      const isOf = ({ requestId }: { requestId: string }) => requestId === request.requestId;
      const heldOf = held.filter(isOf).map(heldLegOf);
      return {
        ...request,
        createdAt: createdAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
        legs: legs.filter(isOf).map((leg) => legSummaryOf(leg, now)),
        ...(heldOf.length === 0 ? {} : { held: heldOf }),
      };
    });
  }
}

/**
 * Whom the officer may ask alone, and for whom a second person must agree.
 *
 * @throws SeraiError ERR_REQUEST_PERSON_PROTECTED when one of them must not be asked at all: nothing of the request is sent then
 */
function sortRecipients(
  recipients: readonly BasedRecipient[],
  { content }: { readonly content: DescribedRequest },
  officer: Officer,
): { open: BasedRecipient[]; held: BasedRecipient[] } {
  const verdicts = new Map(
    recipients.map((recipient) => [recipient, protectionGate(content.subjects, recipient.country)]),
  );
  const closed = recipients.find((recipient) => verdicts.get(recipient) === 'CLOSED');
  if (closed) {
    throw new SeraiError(
      'ERR_REQUEST_PERSON_PROTECTED',
      `A person in this request seeks or has protection, and may be a national of ${closed.participant}. Leave that recipient out.`,
    );
  }
  const mayAlone = !requireReach(officer, 'askCountryOfNationality').secondPerson;
  const isOpen = (recipient: BasedRecipient): boolean => mayAlone || verdicts.get(recipient) === 'OPEN';
  return { open: recipients.filter(isOpen), held: recipients.filter((recipient) => !isOpen(recipient)) };
}

/** The leg gets its id now, so that it can be followed before it is one. */
function heldLeg(
  { requestId, body, acting, attached, expiresAt }: LegSource,
  { participant, desk }: BasedRecipient,
  officer: Officer,
): NewRequest['held'][number] {
  const legId = v7();
  const recipients = body.recipients.filter((recipient) => recipient.participant === participant);
  const approval: NewApproval = {
    approvalId: legId,
    kind: 'REQUEST_RELEASE',
    requestId,
    legId,
    desk: acting.desk,
    recipientParticipant: participant,
    recipientDesk: desk,
    expiresAt: new Date(Math.min(expiresAt.getTime(), Date.now() + APPROVAL_LIFE_MS)),
    officer,
  };
  return { approval, proposal: { requestId, body: { ...body, recipients }, acting, attached: [...attached] } };
}

const heldAnswer = ({ approvalId, recipientParticipant: participant, recipientDesk: desk }: NewApproval) =>
  ({ approvalId, participant, desk, state: 'WAITING' }) as const;
