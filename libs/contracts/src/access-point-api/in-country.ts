import { z } from 'zod';
import { deskUrn, instant, officerPseudonym, uuid7 } from '../identifiers.js';
import { identifierText, prose } from '../requests/texts.js';
import { pageOf } from './common.js';

// Assignments and notes never leave the country: no envelope carries them.

export const newAssignment = z.object({
  unit: identifierText(120),
  /** Desk of this participant whose investigators and analysts may then read the leg. */
  desk: deskUrn.optional(),
  dueAt: instant.optional(),
  instruction: prose(4000).optional(),
});
export type NewAssignment = z.infer<typeof newAssignment>;

const authored = z.object({ officer: officerPseudonym, desk: deskUrn, createdAt: instant });

export const assignmentView = newAssignment.extend({
  assignmentId: uuid7,
  assignedBy: authored,
});
export type AssignmentView = z.infer<typeof assignmentView>;
export const assignmentList = pageOf(assignmentView);

export const newNote = z.object({ text: prose(8000) });

export const noteView = newNote.extend({ noteId: uuid7, writtenBy: authored });
export type NoteView = z.infer<typeof noteView>;
export const noteList = pageOf(noteView);
