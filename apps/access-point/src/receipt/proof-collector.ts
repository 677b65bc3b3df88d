import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LOGGER, type Logger, PeriodicWork } from '#libs/telemetry';
import { heldEnvelopeOf } from './held-envelope.js';
import { findUnproven, markProven, type UnprovenEnvelope } from './log-proof.repository.js';
import { ProofBook } from './proof-book.js';

const EVERY_MS = 10_000;
/** Each is a message and the hub's decision on it, and all of them fit into one question for openings. */
const AT_ONCE = 128;
const LONGEST_MS = 30_000;
/** Nobody waits for what is collected: it takes at most a fifth of the time. */
const REST = 4;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/**
 * Collects the proofs of everything that is exchanged, as soon as a witnessed checkpoint holds it: whoever needs them later depends on nobody. What cannot be proven
 * yet is tried again the next time.
 */
@Injectable()
export class ProofCollector implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly periodic: PeriodicWork;

  constructor(
    private readonly dataSource: DataSource,
    private readonly book: ProofBook,
    @Inject(LOGGER) logger: Logger,
  ) {
    const failure = 'proofs could not be collected, it will be tried again';
    this.periodic = new PeriodicWork({
      everyMs: EVERY_MS,
      work: (stopping) => this.collect(stopping),
      failure,
      logger,
    });
  }

  onApplicationBootstrap(): void {
    this.periodic.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.periodic.stop();
  }

  /**
   * Goes once through what is not proven.
   *
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE, ERR_LOG_TILE; what was collected until then stays
   */
  async collect(stopping: AbortSignal): Promise<void> {
    let after = BEFORE_ALL;
    while (!stopping.aborted) {
      const begun = performance.now();
      const found = await findUnproven(this.dataSource.manager, after, AT_ONCE);
      await this.prove(found, AbortSignal.any([stopping, AbortSignal.timeout(LONGEST_MS)]));
      if (found.length < AT_ONCE) return;
      after = found.at(-1)!.id;
      await pause(REST * (performance.now() - begun), undefined, { signal: stopping }).catch(() => undefined);
    }
  }

  private async prove(found: readonly UnprovenEnvelope[], signal: AbortSignal): Promise<void> {
    if (found.length === 0) return;
    const held = found.map(({ id, sha256, decision, event }) => ({
      id,
      envelopes: [
        ...(sha256 === null ? [] : [{ id, sha256 }]),
        ...[decision, event].filter((jws) => jws !== null).map(heldEnvelopeOf),
      ],
    }));
    const { proofs } = await this.book.prove(
      held.flatMap(({ envelopes }) => envelopes),
      signal,
    );
    const proven = held.filter(({ envelopes }) => envelopes.every((envelope) => proofs.has(envelope.id)));
    await markProven(
      this.dataSource.manager,
      proven.map(({ id }) => id),
    );
  }
}
