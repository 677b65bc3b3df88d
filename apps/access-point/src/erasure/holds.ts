import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 } from 'uuid';
import { type HoldView, uuid7 } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { Idempotency } from '../idempotency/idempotency.service.js';
import { assertReachable, notFound } from '../leg/leg.reader.js';
import { findLeg, lockLeg } from '../leg/leg.repository.js';
import type { Call } from '../officer/call.js';
import { nextCursor, type Page, readCursor } from '../paging/cursor.js';
import { findErasureState } from './erasure.repository.js';
import { findHold, findHolds, insertHold, markReleased } from './hold.repository.js';

/** Keeps legs from being erased: for a court, an inquiry, a complaint. */
@Injectable()
export class Holds {
  constructor(
    private readonly dataSource: DataSource,
    private readonly idempotency: Idempotency,
  ) {}

  /** @throws SeraiError ERR_REQUEST_NOT_FOUND; ERR_CONTENT_ERASED when it is too late */
  async place(call: Call<'holdLeg'>): Promise<HoldView> {
    const holdId = v7();
    const placed = await this.idempotency.once(call, async (tx) => {
      // An erasure locks the leg too: one of them comes first.
      const { legId } = assertReachable(call.reach, await lockLeg(tx, call.params.legId));
      if ((await findErasureState(tx, legId)).erased) {
        throw new SeraiError('ERR_CONTENT_ERASED', 'There is nothing left to hold: the leg was erased.');
      }
      const { pseudonym: officer, subject } = call.officer;
      await insertHold(tx, { holdId, legId, at: new Date(), officer, subject, reason: call.body.reason });
      return { holdId };
    });
    return this.view(this.dataSource.manager, call.params.legId, placed.holdId);
  }

  /** @throws SeraiError ERR_REQUEST_NOT_FOUND */
  async release(call: Call<'releaseHold'>): Promise<HoldView> {
    const { legId, holdId } = call.params;
    await this.idempotency.once(call, async (tx) => {
      assertReachable(call.reach, await findLeg(tx, legId));
      await this.view(tx, legId, holdId);
      const { pseudonym: officer, subject } = call.officer;
      await markReleased(tx, { holdId, legId, at: new Date(), officer, subject, reason: call.body.reason });
      return { holdId };
    });
    return this.view(this.dataSource.manager, legId, holdId);
  }

  async list({ reach, params: { legId }, query }: Call<'listHolds'>): Promise<Page<HoldView>> {
    const { manager } = this.dataSource;
    assertReachable(reach, await findLeg(manager, legId));
    const before = readCursor(uuid7, query.cursor);
    const found = await findHolds(manager, { legId, before, limit: query.limit + 1 });
    const { rows, next } = nextCursor(found, query.limit, ({ holdId }) => holdId);
    return { entries: [...rows], ...next };
  }

  private async view(manager: EntityManager, legId: string, holdId: string): Promise<HoldView> {
    const hold = await findHold(manager, legId, holdId);
    if (hold === undefined) throw notFound();
    return hold;
  }
}
