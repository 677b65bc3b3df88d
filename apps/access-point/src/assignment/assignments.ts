import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { z } from 'zod';
import { ACCESS_POINT_API, type AssignmentView, instant, uuid7 } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { inTransaction } from '#libs/persistence';
import { InvalidInputError } from '#libs/telemetry';
import { AccessLog } from '../access-log/access-log.service.js';
import { AccessRecorder } from '../access-record/access-recorder.js';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Idempotency } from '../idempotency/idempotency.service.js';
import { isOpenHere } from '../leg/leg.moves.js';
import { assertReachable } from '../leg/leg.reader.js';
import { findLeg, markAssigned } from '../leg/leg.repository.js';
import { LegSender } from '../leg/leg.sender.js';
import { appendLiveEvents } from '../live/live.repository.js';
import { legChanged } from '../live/live-event.js';
import type { Call } from '../officer/call.js';
import { nextCursor, type Page, readCursor } from '../paging/cursor.js';
import { Vault } from '../vault/vault.service.js';
import { type AssignmentRecord, findAssignment, findAssignments, insertAssignment } from './assignment.repository.js';

const position = z.object({ at: instant, id: uuid7 });

/** What the vault keeps of an assignment. */
const plaintext = ACCESS_POINT_API.assignLeg.body.pick({ unit: true, instruction: true });

/** Assignments inside the country: no envelope is ever made from them. */
@Injectable()
export class Assignments {
  constructor(
    private readonly dataSource: DataSource,
    private readonly idempotency: Idempotency,
    private readonly sender: LegSender,
    private readonly vault: Vault,
    private readonly accessLog: AccessLog,
    private readonly recorder: AccessRecorder,
    private readonly community: CommunityDirectory,
  ) {}

  async assign(call: Call<'assignLeg'>): Promise<AssignmentView> {
    const { unit, instruction, desk, dueAt } = call.body;
    this.assertOwnDesk(call.acting.desk, desk);
    const { assignmentId } = await this.idempotency.once(call, async (tx) => {
      const leg = await this.sender.open(tx, call);
      if (!isOpenHere(leg)) {
        throw new SeraiError('ERR_LEG_MOVE_NOT_ALLOWED', 'Only an incoming leg that is still open can be assigned.');
      }
      const id = v7();
      await insertAssignment(tx, {
        assignmentId: id,
        legId: leg.legId,
        assignedDesk: desk ?? null,
        dueAt: dueAt === undefined ? null : new Date(dueAt),
        officer: call.officer.pseudonym,
        desk: call.acting.desk,
        createdAt: new Date(),
      });
      await this.vault.store(tx, [{ recordId: id, content: plaintext.parse({ unit, instruction }) }]);
      await markAssigned(tx, leg.legId);
      await appendLiveEvents(tx, [
        legChanged({ legId: leg.legId, version: leg.version, status: leg.state?.status ?? null }),
      ]);
      return { assignmentId: id };
    });
    const [view] = await this.viewsOf([await findAssignment(this.dataSource.manager, assignmentId)]);
    return view!;
  }

  async list(call: Call<'listAssignments'>): Promise<Page<AssignmentView>> {
    const { legId } = call.params;
    const entryId = await inTransaction(this.dataSource, async (tx) => {
      assertReachable(call.reach, await findLeg(tx, legId));
      return this.accessLog.consulted(tx, { ...call, legId });
    });
    await this.recorder.recorded(entryId);
    const { cursor, limit } = call.query;
    const after = readCursor(position, cursor);
    const found = await findAssignments(this.dataSource.manager, { legId, after, limit: limit + 1 });
    const positionOf = (row: AssignmentRecord) => ({ at: row.createdAt.toISOString(), id: row.assignmentId });
    const { rows, next } = nextCursor(found, limit, positionOf);
    return { entries: await this.viewsOf(rows), ...next };
  }

  /** Whoever acts for an own desk names its country. */
  private assertOwnDesk(acting: string, assigned: string | undefined): void {
    if (assigned === undefined) return;
    const directory = this.community.current;
    const now = new Date();
    const owner = directory.deskAt(assigned, now)?.participant;
    if (owner !== undefined && owner === directory.deskAt(acting, now)?.participant) return;
    throw new InvalidInputError([{ path: 'desk', message: 'must be an open desk of your own participant' }]);
  }

  private async viewsOf(rows: readonly AssignmentRecord[]): Promise<AssignmentView[]> {
    const ids = rows.map(({ assignmentId }) => assignmentId);
    const contents = await this.vault.readAll(this.dataSource.manager, ids);
    return rows
      .filter(({ assignmentId }) => contents.has(assignmentId))
      .map(({ assignmentId, assignedDesk, dueAt, officer, desk, createdAt }) => ({
        assignmentId,
        ...plaintext.parse(contents.get(assignmentId)),
        ...(assignedDesk === null ? {} : { desk: assignedDesk }),
        ...(dueAt === null ? {} : { dueAt: dueAt.toISOString() }),
        assignedBy: { officer, desk, createdAt: createdAt.toISOString() },
      }));
  }
}
