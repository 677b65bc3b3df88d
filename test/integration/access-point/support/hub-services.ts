import { v7 } from 'uuid';
import {
  type CloudEvent,
  DIRECTORY_SUBJECT,
  directoryChangeAccepted,
  directoryChangeRefused,
  directorySnapshotPublished,
  envelopeAccepted,
  envelopeRefused,
  type FeedEntry,
  feedDisputeAnswered,
  type feedDisputed,
  gatewayReceipt,
  gatewayRefusal,
  type HeaderOf,
  type LegHeader,
  type LegState,
  type SignedDirectoryChange,
  serviceUrnOf,
} from '#libs/contracts';
import { FEED_GENESIS, feedHash, hashOf, type SignedEnvelope, type Signer } from '#libs/envelope';
import { type ErrorCode, SeraiError, toProblem } from '#libs/errors';
import type { Community } from './community.js';
import { LegBook } from './leg-book.js';

/** What is signed falsely on purpose. */
export interface Forgery {
  readonly signer?: Signer;
  readonly header?: object;
}

/** What the services of the hub sign: real events, receipts and statements with real keys, or forged ones on demand. */
export class HubServices {
  readonly legs = new LegBook();
  private readonly feeds = new Map<string, FeedEntry[]>();
  private readonly watchers = new Set<() => void>();

  constructor(readonly community: Community) {}

  feedOf(participant: string): FeedEntry[] {
    const feed = this.feeds.get(participant) ?? [];
    this.feeds.set(participant, feed);
    return feed;
  }

  onGrowth(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Appends to the feeds of an audience. */
  publish(audience: readonly string[], event: string, cause?: string): void {
    for (const participant of audience) {
      const feed = this.feedOf(participant);
      const hash = feedHash(feed.at(-1)?.hash ?? FEED_GENESIS, event);
      feed.push({ sequence: feed.length + 1, hash, event, ...(cause === undefined ? {} : { cause }) });
    }
    for (const watcher of this.watchers) watcher();
  }

  /** The requests service's part: accepts a submission by the table of moves, or refuses it, and says so on the feeds. */
  async decide({ jws, event }: { jws: string; event: CloudEvent }, forgery: Forgery = {}): Promise<void> {
    const { sender, recipient } = event.data.header as LegHeader;
    const leg = this.legs.move(event);
    if (!leg) return this.refuse({ jws, event }, 'ERR_LEG_MOVE_NOT_ALLOWED');
    const audience = [sender.participant, recipient.participant];
    const signed = await this.accepted({ jws, event }, leg, { ...forgery, header: { audience, ...forgery.header } });
    this.publish(audience, signed.jws, jws);
  }

  async refuse({ jws, event }: { jws: string; event: CloudEvent }, code: ErrorCode): Promise<void> {
    const { id, type, source } = event;
    const header = {
      audience: [source],
      envelope: { id, type, source, sha256: hashOf(jws) },
      refusedAt: new Date().toISOString(),
      problem: toProblem(new SeraiError(code, 'Refused by the rules of a test.')),
    };
    const signed = await this.event('requests', envelopeRefused.type, event.subject, header, hashOf(jws));
    this.publish([source], signed.jws, jws);
  }

  accepted(
    { jws, event: { id, type, source, subject } }: { jws: string; event: CloudEvent },
    leg: LegState,
    { header = {}, signer }: Forgery = {},
  ): Promise<SignedEnvelope> {
    const envelope = { id, type, source, sha256: hashOf(jws) };
    const whole = { envelope, acceptedAt: new Date().toISOString(), leg, ...header };
    return this.event('requests', envelopeAccepted.type, subject, whole, hashOf(jws), signer);
  }

  /** An event without a cause: a deadline. */
  async tell(type: string, audience: readonly string[], leg: LegState, more: object = {}): Promise<void> {
    this.legs.set(leg);
    const signed = await this.event('requests', type, leg.legId, { audience, leg, ...more });
    this.publish(audience, signed.jws);
  }

  /** The directory service's part. */
  async publishChange(
    audience: readonly string[],
    change: SignedDirectoryChange,
    version = this.community.directory.version,
  ): Promise<void> {
    const { head } = this.community.directory;
    const header = { audience: '*', version, head, change };
    this.publish(
      audience,
      (await this.event('directory', directoryChangeAccepted.type, DIRECTORY_SUBJECT, header)).jws,
    );
  }

  /** Makes a change that was handed in part of the directory, and tells everybody whose feed there is; or refuses it. */
  async acceptChange(change: SignedDirectoryChange, { jws, event }: { jws: string; event: CloudEvent }): Promise<void> {
    const { community } = this;
    try {
      community.directory = await community.directory.apply(change);
    } catch (error) {
      const envelope = { id: event.id, type: event.type, source: event.source, sha256: hashOf(jws) };
      const header = { audience: [event.source], envelope, problem: toProblem(error) };
      const { type } = directoryChangeRefused;
      const refusal = await this.event('directory', type, DIRECTORY_SUBJECT, header, hashOf(jws));
      return this.publish([event.source], refusal.jws, jws);
    }
    const { version, head } = community.directory;
    const header = { audience: '*', version, head, change };
    const { type } = directoryChangeAccepted;
    const accepted = await this.event('directory', type, DIRECTORY_SUBJECT, header, hashOf(jws));
    this.publish([...this.feeds.keys()], accepted.jws, jws);
  }

  /** The notifications service's part: its own feed is whole. */
  async answerDispute({ jws, event }: { jws: string; event: CloudEvent }): Promise<void> {
    const { id, type, source, subject, data } = event;
    const { after } = data.header as HeaderOf<typeof feedDisputed>;
    const envelope = { id, type, source, sha256: hashOf(jws) };
    const header = { audience: [source], envelope, answeredAt: new Date().toISOString(), after, finding: 'INTACT' };
    const answer = await this.event('notifications', feedDisputeAnswered.type, subject, header, hashOf(jws));
    this.publish([source], answer.jws, jws);
  }

  async snapshot(): Promise<object> {
    const { realm, version, head } = this.community.directory;
    const statement = await this.community.sign(
      {
        source: serviceUrnOf('directory'),
        type: directorySnapshotPublished.type,
        subject: DIRECTORY_SUBJECT,
        data: { header: { audience: '*', version, head } },
      },
      { chained: false },
    );
    return { realm, version, head, changes: this.community.directory.changes(), statement: statement.jws };
  }

  /** The gateway's receipt for an envelope. */
  async receipt({ id, type, source, subject }: CloudEvent, sha256: string, forgery: Forgery = {}): Promise<string> {
    const envelope = { id, type, sha256 };
    const header = { audience: [source], envelope, receivedAt: new Date().toISOString(), ...forgery.header };
    const draft = { source: serviceUrnOf('gateway'), type: gatewayReceipt.type, subject, data: { header } };
    return (await this.community.sign(draft, { chained: false, signer: forgery.signer })).jws;
  }

  async refusal(caller: string, sha256: string, code: ErrorCode): Promise<{ status: number; answer: string }> {
    const problem = toProblem(new SeraiError(code, 'Refused by the gateway of a test.'));
    const header = { audience: [caller], sha256, refusedAt: new Date().toISOString(), problem };
    const draft = { source: serviceUrnOf('gateway'), type: gatewayRefusal.type, subject: v7(), data: { header } };
    return { status: problem.status, answer: (await this.community.sign(draft, { chained: false })).jws };
  }

  private event(
    service: 'requests' | 'directory' | 'notifications',
    type: string,
    subject: string,
    header: object,
    cause?: string,
    signer?: Signer,
  ): Promise<SignedEnvelope> {
    const data = { header, ...(cause === undefined ? {} : { cause }) };
    return this.community.sign({ source: serviceUrnOf(service), type, subject, data }, { signer });
  }
}
