import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { z } from 'zod';
import { ACCESS_POINT_API, instant, type NoteView, uuid7 } from '#libs/contracts';
import { inTransaction } from '#libs/persistence';
import { AccessLog } from '../access-log/access-log.service.js';
import { AccessRecorder } from '../access-record/access-recorder.js';
import { Idempotency } from '../idempotency/idempotency.service.js';
import { assertReachable } from '../leg/leg.reader.js';
import { findLeg } from '../leg/leg.repository.js';
import { LegSender } from '../leg/leg.sender.js';
import type { Call } from '../officer/call.js';
import { nextCursor, type Page, readCursor } from '../paging/cursor.js';
import { Vault } from '../vault/vault.service.js';
import { findNote, findNotes, insertNote, type NoteRecord } from './note.repository.js';

const position = z.object({ at: instant, id: uuid7 });

/** What the vault keeps of a note. */
const plaintext = ACCESS_POINT_API.addNote.body;

/** Internal notes: no envelope is ever made from them. */
@Injectable()
export class Notes {
  constructor(
    private readonly dataSource: DataSource,
    private readonly idempotency: Idempotency,
    private readonly sender: LegSender,
    private readonly vault: Vault,
    private readonly accessLog: AccessLog,
    private readonly recorder: AccessRecorder,
  ) {}

  async add(call: Call<'addNote'>): Promise<NoteView> {
    const { noteId } = await this.idempotency.once(call, async (tx) => {
      const { legId } = await this.sender.open(tx, call);
      const id = v7();
      const { pseudonym: officer } = call.officer;
      await insertNote(tx, { noteId: id, legId, officer, desk: call.acting.desk, createdAt: new Date() });
      await this.vault.store(tx, [{ recordId: id, content: call.body }]);
      return { noteId: id };
    });
    const [view] = await this.viewsOf([await findNote(this.dataSource.manager, noteId)]);
    return view!;
  }

  async list(call: Call<'listNotes'>): Promise<Page<NoteView>> {
    const { legId } = call.params;
    const entryId = await inTransaction(this.dataSource, async (tx) => {
      assertReachable(call.reach, await findLeg(tx, legId));
      return this.accessLog.consulted(tx, { ...call, legId });
    });
    await this.recorder.recorded(entryId);
    const { cursor, limit } = call.query;
    const after = readCursor(position, cursor);
    const found = await findNotes(this.dataSource.manager, { legId, after, limit: limit + 1 });
    const positionOf = (row: NoteRecord) => ({ at: row.createdAt.toISOString(), id: row.noteId });
    const { rows, next } = nextCursor(found, limit, positionOf);
    return { entries: await this.viewsOf(rows), ...next };
  }

  private async viewsOf(rows: readonly NoteRecord[]): Promise<NoteView[]> {
    const ids = rows.map(({ noteId }) => noteId);
    const contents = await this.vault.readAll(this.dataSource.manager, ids);
    return rows
      .filter(({ noteId }) => contents.has(noteId))
      .map(({ noteId, officer, desk, createdAt }) => ({
        noteId,
        ...plaintext.parse(contents.get(noteId)),
        writtenBy: { officer, desk, createdAt: createdAt.toISOString() },
      }));
  }
}
