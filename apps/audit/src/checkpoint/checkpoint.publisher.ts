import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { isSeraiError } from '#libs/errors';
import { HubDirectory } from '#libs/hub';
import { Lifecycle } from '#libs/telemetry';
import type { Frontier } from '#libs/transparency-log';
import { AUDIT_CONFIG, type AuditConfig } from '../config.js';
import { WitnessedHead } from '../progress/witnessed-head.js';
import type { Leadership, LeaderWork } from '../sequencing/leader-work.js';
import { LogFolder } from '../tile/log-folder.js';
import { TileWriter } from '../tile/tile-writer.js';
import { CheckpointRepository } from './checkpoint.repository.js';
import { CheckpointTelemetry } from './checkpoint.telemetry.js';
import { CheckpointTerm } from './checkpoint-term.js';
import { type HeldPolicy, policyAt } from './held-policy.js';
import { SignerClient } from './signer-client.js';

/** How often the head is looked at. */
const EVERY_MS = 1_000;

/** Has the head of the log signed and cosigned once a second while it grows, and publishes it. Whatever else goes wrong, the log grows on; only when its parts contradict each other does it end. */
@Injectable()
export class CheckpointPublisher implements LeaderWork, OnApplicationBootstrap {
  constructor(
    @Inject(AUDIT_CONFIG) private readonly config: AuditConfig,
    private readonly tiles: TileWriter,
    private readonly folder: LogFolder,
    private readonly directory: HubDirectory,
    private readonly repository: CheckpointRepository,
    private readonly telemetry: CheckpointTelemetry,
    private readonly witnessed: WitnessedHead,
    private readonly lifecycle: Lifecycle,
  ) {}

  /** A policy of other logs is found out before anything is sequenced. */
  onApplicationBootstrap(): void {
    this.lifecycle.startInBackground(async (closing) => {
      const closed = new Promise<void>((resolve) => closing.addEventListener('abort', () => resolve(), { once: true }));
      await Promise.race([this.directory.ready(), closed]);
      if (!closing.aborted) this.policy();
    });
  }

  async lead({ signal, head }: Leadership): Promise<void> {
    const { tiles, folder, repository, telemetry, witnessed } = this;
    const { origin, signerSocket } = this.config;
    const signer = new SignerClient(signerSocket);
    const term = new CheckpointTerm({ origin, tiles, folder, signer, repository, telemetry, witnessed, signal });
    while (!signal.aborted) {
      try {
        await this.advance(term, head().frontier);
      } catch (error) {
        await this.endOrGoOn(error);
      }
      await pause(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async advance(term: CheckpointTerm, frontier: Frontier): Promise<void> {
    const held = this.policy();
    if (held === undefined) return this.telemetry.waitsForPolicy();
    await term.advance(frontier, held);
    this.telemetry.advanced();
  }

  private policy(): HeldPolicy | undefined {
    return policyAt(this.directory.current, new Date(), this.config.origin, this.config.witnesses);
  }

  private async endOrGoOn(error: unknown): Promise<void> {
    this.telemetry.failed(error);
    if (!isSeraiError(error, 'ERR_LOG_ROLLBACK', 'ERR_LOG_STATE')) return;
    this.telemetry.found('LOG_CONTRADICTS');
    await this.repository.addFinding('LOG_CONTRADICTS', undefined);
    throw error;
  }
}
