import { setTimeout as sleep } from 'node:timers/promises';
import { LocalError } from '../local-error.js';

/** A program that must run as long as we do. */
export interface KeptProgram {
  readonly name: string;
  /** Starts it where it does not run; resolves when it serves, rejects with why it does not. */
  start(): Promise<void>;
  /** Resolves, with how it ended, when the process of the last start has ended. */
  untilEnd(): Promise<string>;
}

export interface SupervisorOptions {
  readonly log: (line: string) => void;
  /** Called when a program serves again, or is given up. */
  readonly onChange?: () => void;
  /** Called with the name of a program that ended and how; also when a start of it failed. */
  readonly onEnd?: (name: string, end: string) => void;
  /** Wait before the first new start; doubles with every failure in a row, up to {@link longestMs}. */
  readonly firstMs?: number;
  readonly longestMs?: number;
  /** A program that served so long has got over its earlier failures. */
  readonly steadyMs?: number;
  /** So many ends in a row, and it is given up. */
  readonly mostFailures?: number;
}

const DEFAULTS = { firstMs: 200, longestMs: 10_000, steadyMs: 30_000, mostFailures: 20 };

/**
 * Starts programs again that ended by themselves: soon, later with every failure in a row, and not for ever, unless all they lack is room on their disk.
 * Each end, each return and each giving up is a sentence.
 */
export class Supervisor {
  private readonly settings: Required<Omit<SupervisorOptions, 'log' | 'onChange' | 'onEnd'>>;
  private readonly stopping = new AbortController();
  private readonly givenUp = new Set<string>();
  private readonly heldUntil = new Map<string, number>();
  private readonly watching: Promise<void>[] = [];

  constructor(private readonly options: SupervisorOptions) {
    const { log: _log, onChange: _onChange, onEnd: _onEnd, ...given } = options;
    this.settings = { ...DEFAULTS, ...given };
  }

  /** Names of the programs that were given up: they are down and stay down. */
  get down(): string[] {
    return [...this.givenUp];
  }

  /** Watches a program that runs now. */
  keep(program: KeptProgram): void {
    this.watching.push(this.watch(program));
  }

  /** An outage on purpose: when this program ends, it is not started again before so many milliseconds from now are over. */
  holdDown(name: string, ms: number): void {
    this.heldUntil.set(name, Date.now() + ms);
  }

  /** No program is started any more from this call on; resolves when those have ended, or were brought to their end, that were being started. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.watching);
  }

  private async watch(program: KeptProgram): Promise<void> {
    const { signal } = this.stopping;
    const stopped = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
    let servesSince = Date.now();
    // Lack of room explains the end before it: such a program waits longer and longer, but has not failed.
    let waits = 0;
    for (let failures = 0; ; ) {
      const end = await Promise.race([program.untilEnd(), stopped]);
      if (end === undefined || signal.aborted) return;
      this.options.onEnd?.(program.name, end);
      const isSteady = servesSince > 0 && Date.now() - servesSince >= this.settings.steadyMs;
      failures = isSteady ? 1 : failures + 1;
      waits = isSteady ? 1 : waits + 1;
      if (failures > this.settings.mostFailures) return this.giveUp(program.name, end);
      const outcome = await this.startAgain(program, end, waits);
      if (signal.aborted) return;
      servesSince = outcome === 'no room' ? 0 : outcome;
      if (outcome === 'no room') failures = 0;
    }
  }

  /** Resolves to the moment from which the program serves again, 0 when it does not; or to what it waits for. */
  private async startAgain(program: KeptProgram, end: string, waits: number): Promise<number | 'no room'> {
    const { firstMs, longestMs } = this.settings;
    const held = (this.heldUntil.get(program.name) ?? 0) - Date.now();
    const waitMs = Math.max(held, Math.min(longestMs, firstMs * 2 ** (waits - 1)));
    const begun = Date.now();
    this.options.log(`${program.name} ended (${end}); it is started again in ${waitMs / 1000} s.`);
    await sleep(waitMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    if (this.stopping.signal.aborted) return 0;
    try {
      await program.start();
      this.options.log(`${program.name} serves again after ${((Date.now() - begun) / 1000).toFixed(1)} s.`);
      this.options.onChange?.();
      return Date.now();
    } catch (error) {
      if (!this.stopping.signal.aborted) this.options.log(error instanceof Error ? error.message : String(error));
      return error instanceof LocalError && error.code === 'ERR_LOCAL_DISK_FULL' ? 'no room' : 0;
    }
  }

  private giveUp(name: string, end: string): void {
    this.givenUp.add(name);
    this.options.log(
      `${name} ended ${this.settings.mostFailures + 1} times in a row (${end}) and stays down: mend what its log names, then stop everything and start again.`,
    );
    this.options.onChange?.();
  }
}
