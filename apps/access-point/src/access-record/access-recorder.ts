import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 } from 'uuid';
import { ACCESS_SUBJECT, accessRecorded, MAX_RECORDED_ACCESSES } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { SALT_BYTES } from '#libs/evidence';
import { Company } from '#libs/messaging';
import { inTransaction } from '#libs/persistence';
import { LOGGER, type Logger, PeriodicWork } from '#libs/telemetry';
import { Identity } from '../identity.js';
import { AwaitedAnswers, type Outcome } from '../outgoing/awaited-answers.js';
import { Outgoing } from '../outgoing/outgoing.service.js';
import { AccessCommitments } from './access-commitment.js';
import { findOutcome, findRecordsOf, holdUnrecorded, nameRecord, releaseRefused } from './access-record.repository.js';
import { RECORD_WAIT_MS } from './access-record.token.js';

/** What nobody waits for, and what a crash left, is recorded so often. */
const EVERY_MS = 10_000;
/** Another instance may be the one that gets the answer. */
const LOOK_MS = 100;
const AGAIN_AFTER_SECONDS = 5;

/**
 * Commits to every entry of the access log at the hub, in signed records of many. Whoever shows content waits until the gateway has said in a receipt that the record
 * of the look is durable: then it goes into the log, or the monitor raises an alarm.
 */
@Injectable()
export class AccessRecorder implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly company = new Company<string>((entryIds) => this.record(entryIds));
  private readonly stopping = new AbortController();
  private readonly periodic: PeriodicWork;
  /** The last record had no room for all. */
  private isMoreLeft = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly identity: Identity,
    private readonly commitments: AccessCommitments,
    private readonly outgoing: Outgoing,
    private readonly awaited: AwaitedAnswers,
    @Inject(RECORD_WAIT_MS) private readonly waitMs: number,
    @Inject(LOGGER) logger: Logger,
  ) {
    const failure = 'accesses could not be recorded, it will be tried again';
    this.periodic = new PeriodicWork({ everyMs: EVERY_MS, work: () => this.sweep(), failure, logger });
  }

  onApplicationBootstrap(): void {
    this.periodic.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.periodic.stop();
  }

  /**
   * Resolves once the hub holds the record of an entry that has committed.
   *
   * @throws SeraiError ERR_ACCESS_NOT_RECORDED when it does not in time, or refuses; then nothing may be shown, and the entry is recorded later
   */
  async recorded(entryId: string): Promise<void> {
    const late = new AbortController();
    const tooLate = pause(this.waitMs, undefined, { signal: late.signal }).then(() => Promise.reject(notRecorded()));
    try {
      await Promise.race([this.company.join([entryId]), tooLate]);
    } finally {
      late.abort();
      await tooLate.catch(() => undefined);
    }
  }

  /** Signs records for everything that has none; who waits for a look goes in between. */
  async sweep(): Promise<void> {
    await releaseRefused(this.dataSource.manager);
    do await this.company.join([]);
    while (this.isMoreLeft && !this.stopping.signal.aborted);
  }

  /** One record: of these entries, and of the oldest others as far as there is room. */
  private async record(entryIds: readonly string[]): Promise<void> {
    const recordId = v7();
    const heard = this.awaited.expect(recordId);
    try {
      const signed = await inTransaction(this.dataSource, (tx) => this.sign(tx, recordId, entryIds));
      this.isMoreLeft = signed === MAX_RECORDED_ACCESSES;
      const recordIds = await findRecordsOf(this.dataSource.manager, entryIds);
      if (recordIds === undefined) throw notRecorded();
      const outcomes = await Promise.all(
        recordIds.map((id) => this.outcomeOf(id, id === recordId ? heard : undefined)),
      );
      if (outcomes.every((outcome) => outcome === 'received')) return;
      await releaseRefused(this.dataSource.manager);
      throw notRecorded();
    } finally {
      this.awaited.forget(recordId);
    }
  }

  /** @returns how many entries the record is of; none is signed without any */
  private async sign(tx: EntityManager, recordId: string, awaited: readonly string[]): Promise<number> {
    const entries = await holdUnrecorded(tx, awaited, MAX_RECORDED_ACCESSES);
    if (entries.length === 0) return 0;
    const salted = entries.map((entry) => ({ entry, entryId: entry.entryId, salt: randomBytes(SALT_BYTES) }));
    await nameRecord(tx, recordId, salted);
    await this.outgoing.queueAlone(tx, {
      specversion: '1.0',
      id: recordId,
      source: this.identity.participant,
      type: accessRecorded.type,
      subject: ACCESS_SUBJECT,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      realm: this.identity.realm,
      data: { header: { count: entries.length, root: this.commitments.rootOf(salted) } },
    });
    return entries.length;
  }

  /** Heard at once where this instance sends, else found where the other one keeps it. */
  private async outcomeOf(recordId: string, heard: Promise<Outcome> | undefined): Promise<Outcome> {
    const until = performance.now() + this.waitMs;
    while (performance.now() < until && !this.stopping.signal.aborted) {
      const look = new AbortController();
      const nothingYet = pause(LOOK_MS, undefined, { signal: look.signal }).catch(() => undefined);
      const outcome = await Promise.race([...(heard ? [heard] : []), nothingYet]);
      look.abort();
      const known = outcome ?? (await findOutcome(this.dataSource.manager, recordId));
      if (known !== undefined) return known;
    }
    throw notRecorded();
  }
}

function notRecorded(): SeraiError {
  return new SeraiError(
    'ERR_ACCESS_NOT_RECORDED',
    'The hub has not taken the record of this look, so nothing is shown. The attempt is in the access log. Try again when the hub can be reached.',
    { retryAfterSeconds: AGAIN_AFTER_SECONDS },
  );
}
