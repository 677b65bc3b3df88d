import { setTimeout as sleep } from 'node:timers/promises';
import { isSeraiError } from '#libs/errors';

/** One thing without which the app can't do its work. */
export interface ReadinessCheck {
  /** Short name in kebab-case: `database`, `directory-replica`. */
  readonly name: string;
  /** Resolves when the thing can be used; the sentence of a thrown SeraiError is shown. */
  check(): void | Promise<void>;
}

/** State of one check. */
export interface CheckState {
  readonly name: string;
  readonly state: 'ready' | 'not-ready';
  readonly reason?: string;
}

/** What `GET /readyz` answers. */
export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: readonly CheckState[];
}

const CHECK_TIMEOUT_MS = 2_000;

/** All readiness checks of an app. Modules add theirs: `constructor(readiness: Readiness) { readiness.add({ name, check }) }`. */
export class Readiness {
  private readonly checks: ReadinessCheck[] = [];
  private stopping = false;

  add(check: ReadinessCheck): void {
    this.checks.push(check);
  }

  /** From now on not ready: the app is going down. */
  stop(): void {
    this.stopping = true;
  }

  async report(): Promise<ReadinessReport> {
    const checks = await Promise.all(this.checks.map(stateOf));
    if (this.stopping) checks.push({ name: 'lifecycle', state: 'not-ready', reason: 'The app is going down.' });
    return { ready: checks.every(({ state }) => state === 'ready'), checks };
  }
}

async function stateOf({ name, check }: ReadinessCheck): Promise<CheckState> {
  const deadline = new AbortController();
  try {
    const late = sleep(CHECK_TIMEOUT_MS, undefined, { signal: deadline.signal }).then(() => {
      throw new Error('timeout');
    });
    await Promise.race([(async () => check())(), late]);
    return { name, state: 'ready' };
  } catch (error) {
    return { name, state: 'not-ready', reason: isSeraiError(error) ? error.message : 'Does not answer.' };
  } finally {
    deadline.abort();
  }
}
