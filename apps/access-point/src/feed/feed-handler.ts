import { Inject, Injectable } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { DataSource, type EntityManager } from 'typeorm';
import type { FeedEntry } from '#libs/contracts';
import { type ErrorCode, isSeraiError } from '#libs/errors';
import { inTransaction, isTransient, together } from '#libs/persistence';
import { LOGGER, type Logger, Metrics } from '#libs/telemetry';
import { CommunityDirectory } from '../directory/community-directory.js';
import { findKnown, moveFeedCursor } from './feed.repository.js';
import { FeedBreak } from './feed-break.js';
import type { FeedPosition } from './feed-chain.js';
import { type FeedEffects, type KnownHere, planEffects } from './feed-effects.js';
import type { FeedFact, QuarantinedFact, VerifiedFact } from './feed-fact.js';
import { changesDirectory, FeedVerifier } from './feed-verifier.js';
import { FeedWriter } from './feed-writer.js';

/** Keys may have been registered after the copy of the directory was taken. */
const KEY_CODES: readonly ErrorCode[] = ['ERR_TRUST_UNKNOWN_KEY', 'ERR_TRUST_KEY_INACTIVE'];

/** How far a batch was handled. */
export interface Handled {
  readonly position: FeedPosition;
  readonly broken?: FeedBreak | undefined;
}

/** What entries say, and the break behind them. */
export interface Established {
  readonly facts: readonly FeedFact[];
  readonly broken?: FeedBreak | undefined;
}

/** Gives entries of the feed their effect: all of a batch, with the cursor, in one transaction. */
@Injectable()
export class FeedHandler {
  private readonly entries: Counter;

  constructor(
    private readonly dataSource: DataSource,
    private readonly community: CommunityDirectory,
    private readonly verifier: FeedVerifier,
    private readonly writer: FeedWriter,
    metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.entries = metrics.counter({
      name: 'serai_access_point_feed_entries_total',
      help: 'Entries of the feed by what they were.',
      labelNames: ['kind'],
    });
  }

  /**
   * Handles entries behind a position, whose chain has been followed, up to the first whose bytes nobody signed.
   *
   * @returns the position behind them, and the break there; undefined when another instance has handled them meanwhile
   */
  async handle(from: FeedPosition, entries: readonly FeedEntry[]): Promise<Handled | undefined> {
    const { facts, broken } = await this.establish(entries);
    const position = behind(from, facts);
    if (facts.length > 0 && !(await this.settle(from, position, facts))) return undefined;
    return { position, broken };
  }

  /** What entries say, up to the first whose bytes nobody signed. */
  async establish(entries: readonly FeedEntry[]): Promise<Established> {
    const facts = await this.verifyAll(entries);
    const end = facts.findIndex(isBroken);
    return end < 0 ? { facts } : { facts: facts.slice(0, end), broken: breakOf(facts[end]!) };
  }

  /** Gives facts their effect in a transaction of the caller, who reports them once it has committed. */
  async apply(tx: EntityManager, facts: readonly FeedFact[]): Promise<FeedEffects> {
    return this.write(tx, facts, await findKnown(tx, namesOf(facts)));
  }

  report(facts: readonly FeedFact[], { quarantined: kept }: FeedEffects): void {
    for (const { fact } of facts) this.entries.inc({ kind: fact.kind });
    for (const { sequence, code } of kept)
      this.logger.error({ sequence, code }, 'an entry of the feed is in quarantine');
  }

  private async write(tx: EntityManager, facts: readonly FeedFact[], known: KnownHere): Promise<FeedEffects> {
    const effects = planEffects(facts, known);
    await this.writer.write(tx, effects);
    return effects;
  }

  private async settle(from: FeedPosition, to: FeedPosition, facts: readonly FeedFact[]): Promise<boolean> {
    const handled = await inTransaction(this.dataSource, async (tx) => {
      // Sent behind the move, the look at what is known comes after whoever else held the cursor.
      const [isOurs, known] = await together([moveFeedCursor(tx, from, to), findKnown(tx, namesOf(facts))]);
      return isOurs ? this.write(tx, facts, known) : undefined;
    });
    if (handled) this.report(facts, handled);
    return handled !== undefined;
  }

  /** Entries behind a change of the directory are verified with it; the others at the same time. */
  private async verifyAll(entries: readonly FeedEntry[]): Promise<FeedFact[]> {
    const facts: Promise<FeedFact>[] = [];
    for (const entry of entries) {
      // The directory does not change behind a break.
      if (changesDirectory(entry) && (await Promise.all(facts)).some(isBroken)) break;
      const fact = this.verify(entry);
      facts.push(fact);
      if (changesDirectory(entry)) await fact;
    }
    const verified = await Promise.all(facts);
    const isKeyMissing = ({ fact }: FeedFact) => fact.kind === 'quarantined' && KEY_CODES.includes(fact.code);
    if (!verified.some(isKeyMissing)) return verified;
    await this.community.refresh();
    return Promise.all(verified.map(async (fact) => (isKeyMissing(fact) ? this.verify(fact.entry) : fact)));
  }

  private async verify(entry: FeedEntry): Promise<FeedFact> {
    try {
      const { subject, fact } = await this.verifier.verify(entry);
      if (fact.kind === 'directory-change') await this.community.follow(fact.change);
      return { entry, subject, fact };
    } catch (error) {
      if (error instanceof FeedBreak) return { entry, fact: { kind: 'quarantined', code: error.code, broken: error } };
      if (isTransient(error) && !isSeraiError(error, 'ERR_TRUST_SNAPSHOT', 'ERR_TRUST_ROLLBACK')) throw error;
      this.logger.warn({ err: error, sequence: entry.sequence }, 'an entry of the feed does not verify');
      return { entry, fact: quarantined(error) };
    }
  }
}

/** The position behind entries. */
export function behind(from: FeedPosition, facts: readonly FeedFact[]): FeedPosition {
  const last = facts.at(-1)?.entry;
  return last === undefined ? from : { sequence: last.sequence, head: last.hash };
}

const breakOf = ({ fact }: FeedFact): FeedBreak | undefined => (fact.kind === 'quarantined' ? fact.broken : undefined);
const isBroken = (fact: FeedFact): boolean => breakOf(fact) !== undefined;

function quarantined(error: unknown): QuarantinedFact {
  return { kind: 'quarantined', code: isSeraiError(error) ? error.code : 'ERR_INTERNAL_UNEXPECTED' };
}

function namesOf(facts: readonly FeedFact[]): Parameters<typeof findKnown>[1] {
  const verified = facts.map(({ fact }) => fact).filter((fact): fact is VerifiedFact => fact.kind !== 'quarantined');
  return {
    eventIds: verified.map(({ eventId }) => eventId),
    legIds: verified.flatMap((fact) => {
      if (fact.kind === 'escalated') return [fact.step.legId];
      return 'leg' in fact && fact.leg !== undefined ? [fact.leg.legId] : [];
    }),
    envelopeIds: verified.flatMap((fact) => {
      if (fact.kind === 'received') return [fact.message.event.id];
      return fact.kind === 'decided' ? [fact.envelope.id] : [];
    }),
  };
}
