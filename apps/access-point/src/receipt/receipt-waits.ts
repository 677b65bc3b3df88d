import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type ReceiptLevel, receiptLevel } from '#libs/contracts';
import { LOGGER, type Logger } from '#libs/telemetry';
import { type Standing, Standings } from './standings.js';

interface Waiter {
  readonly envelopeId: string;
  readonly level: ReceiptLevel;
  readonly end: () => void;
}

const AGAIN_AFTER_MS = 300;
/** Whoever comes when so many wait is answered at once. */
const MOST_WAITING = 256;

/** Lets callers wait for a level of their receipts. One look is for all that wait, so that many cost the hub as much as one. */
@Injectable()
export class ReceiptWaits implements OnModuleDestroy {
  private readonly waiting = new Set<Waiter>();
  private looking: Promise<void> | undefined;

  constructor(
    private readonly standings: Standings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onModuleDestroy(): Promise<void> {
    for (const { end } of this.waiting) end();
    await this.looking;
  }

  /** Resolves when the level is reached, or never will be, and after `waitMs` at the latest. */
  async wait(envelopeId: string, level: ReceiptLevel, waitMs: number): Promise<void> {
    if (waitMs === 0 || this.waiting.size >= MOST_WAITING) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter: Waiter = { envelopeId, level, end: resolve };
    const timer = setTimeout(resolve, waitMs);
    this.waiting.add(waiter);
    this.looking ??= this.look().finally(() => {
      this.looking = undefined;
    });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.waiting.delete(waiter);
    }
  }

  private async look(): Promise<void> {
    while (this.waiting.size > 0) {
      try {
        const standings = await this.standings.of([...this.waiting].map(({ envelopeId }) => envelopeId));
        for (const { envelopeId, level, end } of this.waiting) if (isOver(standings.get(envelopeId), level)) end();
      } catch (error) {
        this.logger.warn(
          { err: error },
          'receipts that somebody waits for could not be looked for, it will be tried again',
        );
      }
      // Those that were ended leave by themselves.
      await pause(AGAIN_AFTER_MS);
    }
  }
}

function isOver(standing: Standing | undefined, level: ReceiptLevel): boolean {
  if (standing === undefined) return false;
  return standing.word.isTurnedAway || reaches(standing.level, level);
}

function reaches(level: ReceiptLevel | undefined, wanted: ReceiptLevel): boolean {
  const levels = receiptLevel.options;
  return level !== undefined && levels.indexOf(level) >= levels.indexOf(wanted);
}
