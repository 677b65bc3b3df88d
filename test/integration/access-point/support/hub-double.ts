import http from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AUDIT_API,
  accessRecorded,
  type CloudEvent,
  directoryChangeSubmitted,
  type EpochsAnswer,
  type FeedEntry,
  type FeedWithheld,
  feedDisputed,
  type HeaderOf,
  MAX_FEED_PAGE,
  type OpenedLeaf,
  serviceUrnOf,
} from '#libs/contracts';
import { hashOf, verifyCallerToken, verifyEnvelope } from '#libs/envelope';
import { isSeraiError } from '#libs/errors';
import { AttachmentShelf } from './attachment-shelf.js';
import type { Community } from './community.js';
import { HubServices } from './hub-services.js';

type Answer = { status: number; answer: string };

/** An envelope that the gateway took. */
export interface Taken {
  readonly jws: string;
  readonly event: CloudEvent;
}

/** A log as it is published. */
export interface PublishedLog {
  readonly checkpoint: Buffer | undefined;
  /** @param path of c2sp.org/tlog-tiles */
  tile(path: string): Buffer | undefined;
}

/**
 * The hub's HTTP side for tests of one or two access points: it verifies what it is given and signs what it answers, with real keys. Tests make
 * it fail, lie and break off by its switches.
 */
export class HubDouble {
  readonly services: HubServices;
  /** Ciphertexts of attachments. */
  readonly attachments = new AttachmentShelf();
  /** Envelopes in the order in which they were first taken. */
  readonly taken: Taken[] = [];
  /** What participants committed to of their access logs: nobody decides on it, so it is not among those. */
  readonly accessRecords: Taken[] = [];
  /** Times that the gateway was called. */
  posts = 0;
  feedReads: ('stream' | 'page')[] = [];
  /** Most entries in a page. */
  pageSize = MAX_FEED_PAGE;
  directoryReads = 0;
  /** Hangs up on every call. */
  down = false;
  /** Streams are refused, as by a proxy that does not know them. */
  streamsOff = false;
  /** While set, posts are answered with 429 and this header Retry-After. */
  retryAfter: string | undefined;
  /** Whether the requests service decides at once on what the gateway takes. */
  decides = true;
  /** What the log opens of an envelope. */
  opened: (id: string) => OpenedLeaf[] = () => [];
  /** The log, once it is published. */
  log: PublishedLog | undefined;
  /** Logs that have ended, by their names. */
  readonly earlierLogs = new Map<string, PublishedLog>();
  /** How it says that its logs follow each other. */
  epochs: EpochsAnswer = { logs: [] };
  /** Answers instead of the honest gateway. */
  answer: ((taken: Taken, honest: () => Promise<Answer>) => Promise<Answer>) | undefined;
  /** While set, nothing is handed out, and this is said. */
  withheld: FeedWithheld | undefined;
  /** Changes entries before they are served. */
  feedFilter: (entries: FeedEntry[]) => FeedEntry[] = (entries) => entries;

  private readonly server = http.createServer((request, response) => void this.serve(request, response));
  private readonly known = new Map<string, string>();

  constructor(readonly community: Community) {
    this.services = new HubServices(community);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Ends every connection, streams too. */
  hangUp(): void {
    this.server.closeAllConnections();
  }

  private async serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    if (this.down) return void request.socket.destroy();
    try {
      const url = new URL(request.url ?? '/', this.url);
      if (url.pathname === '/.well-known/serai') return this.sendJson(response, 200, this.discovery());
      if (url.pathname === '/v1/directory') {
        await this.caller(request, 'directory');
        this.directoryReads += 1;
        return this.sendJson(response, 200, await this.services.snapshot());
      }
      if (url.pathname === '/v1/envelopes') return await this.takeBatch(request, response);
      if (url.pathname.startsWith('/v1/attachments')) {
        return await this.attachments.handle(await this.caller(request, 'gateway'), request, response);
      }
      if (url.pathname === '/v1/feed') return await this.serveFeed(request, response, url);
      if (url.pathname === AUDIT_API.openLeaves.path) return await this.openLeaves(request, response);
      if (url.pathname === AUDIT_API.listEpochs.path) return this.sendJson(response, 200, this.epochs);
      if (url.pathname.startsWith('/logs/')) return this.serveNamed(response, url.pathname.slice('/logs/'.length));
      if (url.pathname.startsWith('/log/')) return serveLog(response, this.log, url.pathname.slice('/log/'.length));
      response.writeHead(404).end();
    } catch (error) {
      response.writeHead(isSeraiError(error) ? error.row.status : 500).end();
    }
  }

  private discovery(): object {
    const { url } = this;
    return { realm: 'production', gateway: url, directory: url, notifications: url, audit: url };
  }

  private async openLeaves(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    await this.caller(request, 'audit');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { envelopes } = JSON.parse(Buffer.concat(chunks).toString()) as { envelopes: { id: string }[] };
    this.sendJson(response, 200, { openings: envelopes.map(({ id }) => ({ id, leaves: this.opened(id) })) });
  }

  /** A log by its name; that which grows by any other. */
  private serveNamed(response: http.ServerResponse, named: string): void {
    const origin = [...this.earlierLogs.keys()].find((name) => named.startsWith(`${name}/`));
    const log = origin === undefined ? this.log : this.earlierLogs.get(origin);
    serveLog(response, log, named.replace(/^.*?\/(?=tile\/|checkpoint$)/, ''));
  }

  private sendJson(response: http.ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  private async caller(request: http.IncomingMessage, service: string): Promise<string> {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const keys = this.community.directory.keyResolver();
    const policy = { audience: serviceUrnOf(service), keys, now: new Date(), realm: 'production' } as const;
    return (await verifyCallerToken(token, policy)).participant;
  }

  private async takeBatch(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    this.posts += 1;
    const caller = await this.caller(request, 'gateway');
    if (this.retryAfter !== undefined) return void response.writeHead(429, { 'retry-after': this.retryAfter }).end();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { envelopes } = JSON.parse(Buffer.concat(chunks).toString()) as { envelopes: string[] };
    const answers: Answer[] = [];
    for (const jws of envelopes) answers.push(await this.take(jws, caller));
    this.sendJson(response, 207, { answers });
  }

  private async take(jws: string, caller: string): Promise<Answer> {
    const { event } = await verifyEnvelope(jws, {
      realm: 'production',
      channel: ['requests.submissions', 'directory.submissions', 'notifications.submissions', 'access.records'],
      keys: this.community.directory.keyResolver(),
      at: new Date(),
      audience: 'any',
      source: caller,
    });
    const taken = { jws, event };
    const honest = (): Promise<Answer> => this.takeHonestly(taken, caller);
    return this.answer ? this.answer(taken, honest) : honest();
  }

  private async takeHonestly({ jws, event }: Taken, caller: string): Promise<Answer> {
    const sha256 = hashOf(jws);
    const earlier = this.known.get(event.id);
    if (earlier !== undefined && earlier !== sha256)
      return this.services.refusal(caller, sha256, 'ERR_ENVELOPE_CONFLICT');
    if (earlier === undefined) {
      this.known.set(event.id, sha256);
      if (event.type === accessRecorded.type) this.accessRecords.push({ jws, event });
      else {
        this.taken.push({ jws, event });
        if (this.decides) await this.decide({ jws, event });
      }
    }
    return { status: 202, answer: await this.services.receipt(event, sha256) };
  }

  private async decide(taken: Taken): Promise<void> {
    const { type, data } = taken.event;
    if (type === feedDisputed.type) return this.services.answerDispute(taken);
    if (type !== directoryChangeSubmitted.type) return this.services.decide(taken);
    const { change } = data.header as HeaderOf<typeof directoryChangeSubmitted>;
    await this.services.acceptChange(change, taken);
  }

  private async serveFeed(request: http.IncomingMessage, response: http.ServerResponse, url: URL): Promise<void> {
    const participant = await this.caller(request, 'notifications');
    const entries = (after: number): FeedEntry[] =>
      this.withheld
        ? []
        : this.feedFilter([...this.services.feedOf(participant)]).filter(({ sequence }) => sequence > after);
    if (!request.headers.accept?.includes('text/event-stream')) {
      this.feedReads.push('page');
      const end = { sequence: this.services.feedOf(participant).length, at: new Date().toISOString() };
      return this.sendJson(response, 200, {
        participant,
        entries: entries(Number(url.searchParams.get('after'))).slice(0, this.pageSize),
        end,
        ...(this.withheld ? { withheld: this.withheld } : {}),
      });
    }
    if (this.streamsOff) return void response.writeHead(502).end();
    this.feedReads.push('stream');
    let after = Number(request.headers['last-event-id']);
    if (after > this.services.feedOf(participant).length) return void response.writeHead(409).end();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': hello\n\n');
    const flush = (): void => {
      if (this.withheld) response.write(`event: withheld\ndata: ${JSON.stringify(this.withheld)}\n\n`);
      else response.write(': heartbeat\n\n');
      for (const entry of entries(after)) {
        response.write(`id: ${entry.sequence}\nevent: entry\ndata: ${JSON.stringify(entry)}\n\n`);
        after = Math.max(after, entry.sequence);
      }
    };
    const unwatch = this.services.onGrowth(flush);
    response.once('close', unwatch);
    flush();
  }
}

function serveLog(response: http.ServerResponse, log: PublishedLog | undefined, path: string): void {
  const bytes = path === 'checkpoint' ? log?.checkpoint : log?.tile(path);
  response.writeHead(bytes ? 200 : 404).end(bytes);
}
