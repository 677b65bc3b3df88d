import { z } from 'zod';
import { attachmentReference, attachmentSecret, deskUrn, newRequest, purposeCode, uuid7 } from '#libs/contracts';

/** What the vault keeps of a leg that waits for a second person: all that is needed to sign it then. */
export const heldRequest = z.object({
  requestId: uuid7,
  /** With this recipient alone. */
  body: newRequest,
  acting: z.object({ desk: deskUrn, purpose: purposeCode }),
  attached: z.array(z.object({ blobId: z.uuid(), reference: attachmentReference, secret: attachmentSecret })),
});
export type HeldRequest = z.output<typeof heldRequest>;
