import { z } from 'zod';
import { realm, signedDirectoryChange } from '#libs/contracts';
import { type Signer, signPayload } from '#libs/envelope';

/** `typ` of the signed statement. */
export const RECORDS_TYP = 'serai-records+jws';

/** What an access point states about its records: which were asked for and why, and those that it found. */
export const recordsStatement = z.strictObject({
  format: z.literal('serai-records/1'),
  realm,
  /** URN of the participant whose access point it is. */
  participant: z.string(),
  exportedAt: z.iso.datetime(),
  /** Pseudonym of who asked. */
  by: z.string(),
  reason: z.string(),
  /** Of a joint review: pseudonyms of officers are of this review alone, and only those of the participant's own officers are named. */
  review: z.string().optional(),
  criteria: z.record(z.string(), z.unknown()),
  /** False where there are more than one export holds: these are the newest. */
  complete: z.boolean(),
  records: z.array(z.record(z.string(), z.unknown())),
});
export type RecordsStatement = z.infer<typeof recordsStatement>;

/** An export as a file: the signed statement and the directory by which a stranger finds the key. */
export const recordsExport = z.strictObject({
  /** Compact JWS of {@link RECORDS_TYP}. */
  statement: z.string(),
  /** As the directory service answers to `GET /v1/directory`, fetched after the statement was signed. */
  directory: z.strictObject({ changes: z.array(signedDirectoryChange), statement: z.string() }),
});
export type RecordsExport = z.infer<typeof recordsExport>;

/** Largest signed statement in bytes of its compact form. */
export const MAX_RECORDS_BYTES = 33_554_432;

/** Signs a statement as compact JWS. */
export async function signRecords(statement: RecordsStatement, signer: Signer): Promise<string> {
  const payload = Buffer.from(JSON.stringify(statement)).toString('base64url');
  const signed = await signPayload(payload, RECORDS_TYP, signer);
  return `${signed.protected}.${payload}.${signed.signature}`;
}
