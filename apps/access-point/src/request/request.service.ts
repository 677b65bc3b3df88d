import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 } from 'uuid';
import { z } from 'zod';
import {
  type HeaderOf,
  instant,
  type RequestView,
  requestSubmitted,
  type SubmittedRequest,
  uuid7,
} from '#libs/contracts';
import { together } from '#libs/persistence';
import { Drafts, type OpenedDraft, referencesOf, secretsOf } from '../attachment/drafts.js';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Idempotency } from '../idempotency/idempotency.service.js';
import type { PreparedAct, SharedActs } from '../idempotency/shared-acts.js';
import { Identity } from '../identity.js';
import { notFound } from '../leg/leg.reader.js';
import { findLegsOfRequests, insertLegs, type NewLeg } from '../leg/leg.repository.js';
import { LegSender } from '../leg/leg.sender.js';
import { legSummaryOf } from '../leg/leg.view.js';
import type { Call } from '../officer/call.js';
import type { Reach } from '../officer/permission.js';
import { compose, type Draft } from '../outgoing/compose.js';
import { Outgoing } from '../outgoing/outgoing.service.js';
import { nextCursor, type Page, readCursor } from '../paging/cursor.js';
import { findRequest, findRequests, insertRequests, type RequestRecord } from './request.repository.js';
import { type BasedRecipient, type CheckedRequest, checkRequest } from './request.rules.js';

const position = z.object({ at: instant, requestId: uuid7 });

/** One leg that is about to be sent. */
interface NewLegDraft {
  readonly legId: string;
  readonly recipient: BasedRecipient;
  readonly draft: Draft;
}

/** A request that is about to be stored, with what of its call goes into its legs. */
interface NewRequest {
  readonly request: RequestRecord;
  readonly call: Call<'submitRequest'>;
  readonly legs: readonly NewLegDraft[];
  readonly attached: readonly OpenedDraft[];
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
    private readonly sender: LegSender,
    private readonly outgoing: Outgoing,
    private readonly drafts: Drafts,
  ) {
    this.acts = idempotency.shared((tx, requests) => this.store(tx, requests));
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
    const requestId = v7();
    const attached = await this.drafts.open(this.dataSource.manager, officer, body.attachments);
    const legs = await Promise.all(
      checked.recipients.map((recipient) => this.composeLeg(call, { ...checked, attached }, requestId, recipient)),
    );
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
    };
    return { prepared: { request, call, legs, attached }, answer };
  }

  private async store(tx: EntityManager, requests: readonly NewRequest[]): Promise<void> {
    const legs = requests.flatMap((request) => this.legsOf(request));
    const drafts = requests.flatMap(({ legs: ofRequest }) => ofRequest.map(({ draft }) => draft));
    await together([
      insertRequests(
        tx,
        requests.map(({ request }) => request),
      ),
      insertLegs(tx, legs),
    ]);
    for (const { call, attached, legs: ofRequest } of requests) {
      const messages = ofRequest.map(({ legId, draft }) => ({ legId, envelopeId: draft.event.id }));
      await this.drafts.attach(tx, call.officer, attached, messages);
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

  private async composeLeg(
    { acting, body, officer }: Call<'submitRequest'>,
    { purpose, expiresAt, attached }: CheckedRequest & { readonly attached: readonly OpenedDraft[] },
    requestId: string,
    recipient: BasedRecipient,
  ): Promise<NewLegDraft> {
    const legId = v7();
    const { participant } = this.identity;
    const { kind, priority, urgencyGround, channelNature, handling, caveats, content } = body;
    const { agreement } = recipient;
    const header: HeaderOf<typeof requestSubmitted> = {
      requestId,
      legId,
      sender: { participant, desk: acting.desk, officer: officer.pseudonym },
      recipient: { participant: recipient.participant, desk: recipient.desk },
      kind,
      priority,
      urgencyGround,
      purpose,
      legalBasis: agreement && { code: agreement.legalBasis, agreement: agreement.id },
      channelNature,
      handling,
      caveats,
      items: content.items.length,
      ...referencesOf(attached),
      expiresAt: expiresAt.toISOString(),
    };
    const encryptTo = this.sender.keysOf(recipient.participant);
    const draft = await compose(this.identity, {
      contract: requestSubmitted,
      legId,
      header,
      content: { ...content, ...secretsOf(attached) },
      encryptTo,
    });
    return { legId, recipient, draft };
  }

  private legsOf({ request: { requestId, kind, priority }, call: { acting, body }, legs }: NewRequest): NewLeg[] {
    const { participant } = this.identity;
    return legs.map(({ legId, recipient, draft }) => ({
      legId,
      requestId,
      direction: 'outgoing',
      ownDesk: acting.desk,
      kind,
      priority,
      requester: { participant, desk: acting.desk },
      addressee: { participant: recipient.participant, desk: recipient.desk },
      items: body.content.items.length,
      submissionId: draft.event.id,
    }));
  }

  private async viewsOf(requests: readonly RequestRecord[], reach: Reach): Promise<RequestView[]> {
    const ids = requests.map(({ requestId }) => requestId);
    const legs = await findLegsOfRequests(this.dataSource.manager, ids, reach);
    const now = new Date();
    return requests.map(({ createdAt, expiresAt, ...request }) => ({
      ...request,
      createdAt: createdAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
      legs: legs.filter(({ requestId }) => requestId === request.requestId).map((leg) => legSummaryOf(leg, now)),
    }));
  }
}
