import { Controller } from '@nestjs/common';
import type { NoteView } from '#libs/contracts';
import { type Call, CallOf } from '../officer/call.js';
import { Operation } from '../officer/operation.decorator.js';
import type { Page } from '../paging/cursor.js';
import { Notes } from './notes.js';

@Controller()
export class NoteController {
  constructor(private readonly notes: Notes) {}

  @Operation('addNote')
  add(@CallOf() call: Call<'addNote'>): Promise<NoteView> {
    return this.notes.add(call);
  }

  @Operation('listNotes')
  list(@CallOf() call: Call<'listNotes'>): Promise<Page<NoteView>> {
    return this.notes.list(call);
  }
}
