import { z } from 'zod';
import { deskUrn, officerPseudonym, participantUrn, uuid7 } from '../identifiers.js';

/** A participant acting through a desk; `officer` is absent where the access point itself speaks. */
export const legParty = z.object({
  participant: participantUrn,
  desk: deskUrn,
  officer: officerPseudonym.optional(),
});

/** What every message of a leg says in clear. `sender` and `recipient` are those of this message, not of the request. */
export const legHeader = z.object({
  requestId: uuid7,
  legId: uuid7,
  sender: legParty,
  recipient: legParty.omit({ officer: true }),
});
export type LegHeader = z.infer<typeof legHeader>;
