import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ApprovalState } from '#libs/contracts';
import { appendLiveEvents } from '../live/live.repository.js';
import { approvalChanged } from '../live/live-event.js';
import type { Officer } from '../officer/officer.js';
import { Vault } from '../vault/vault.service.js';
import {
  type ApprovalRecord,
  endApproval,
  findUndecided,
  insertApproval,
  lockExpired,
  type NewApproval,
} from './approval.repository.js';

/** How long a proposal can be let out. */
export const APPROVAL_LIFE_MS = 72 * 3_600_000;

const AT_ONCE = 100;

/** How a proposal ends. */
export interface Ending {
  readonly state: Exclude<ApprovalState, 'WAITING'>;
  readonly officer?: Officer;
  readonly envelopeId?: string;
  /** Takes the place of what was proposed; without it nothing is left of that. */
  readonly kept?: unknown;
}

/** Keeps what waits for a second person: what it would say in the vault, who may see that it waits in the live events. */
@Injectable()
export class ApprovalBook {
  constructor(private readonly vault: Vault) {}

  /** Adds a proposal; one of the same kind that waits on the leg is replaced. */
  async propose(tx: EntityManager, approval: NewApproval, proposal: unknown): Promise<void> {
    const earlier = await findUndecided(tx, approval.kind, approval.legId);
    if (earlier) await this.end(tx, earlier, { state: 'REPLACED' });
    await insertApproval(tx, approval);
    await this.vault.store(tx, [{ recordId: approval.approvalId, content: proposal }]);
    await appendLiveEvents(tx, [approvalChanged({ ...approval, state: 'WAITING' })]);
  }

  async end(tx: EntityManager, approval: ApprovalRecord, { kept, ...ending }: Ending): Promise<void> {
    const { approvalId } = approval;
    await endApproval(tx, approvalId, ending);
    await this.vault.erase(tx, [approvalId]);
    if (kept !== undefined) await this.vault.store(tx, [{ recordId: approvalId, content: kept }]);
    await appendLiveEvents(tx, [approvalChanged({ ...approval, state: ending.state })]);
  }

  /** Destroys what was proposed and can no longer be let out. */
  async expire(tx: EntityManager): Promise<void> {
    for (const approval of await lockExpired(tx, AT_ONCE)) await this.end(tx, approval, { state: 'EXPIRED' });
  }
}
