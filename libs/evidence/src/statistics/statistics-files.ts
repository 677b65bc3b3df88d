import { z } from 'zod';
import {
  type CloudEvent,
  compactJws,
  type HeaderOf,
  MAX_ENVELOPE_BYTES,
  type OpenedLeaf,
  signedDirectoryChange,
  statisticsIssued,
} from '#libs/contracts';
import { ENVELOPE_TYP, parseCompactJws, parseStrictJson } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { parseCheckpoint, parseNote } from '#libs/transparency-log';
import { leafOpening } from '../record/leaf-opening.js';
import type { LeafOpening } from '../record/log-record.js';
import { countedLogs } from './counted-logs.js';

/** Issued statistics as a file: the signed statement and the directory by which a stranger finds the keys. */
export const statisticsFile = z.strictObject({
  /** Envelope of type `serai.audit.statistics.issued.v1`. */
  statement: compactJws,
  /** As the directory service answers to `GET /v1/directory`, fetched after the statement was signed. */
  directory: z.strictObject({ changes: z.array(signedDirectoryChange), statement: z.string() }),
});
export type StatisticsFile = z.infer<typeof statisticsFile>;

/** A leaf of the log and, where it stands for an event of `requests.events`, that event. */
export interface BasisLeaf extends LeafOpening {
  readonly event?: string;
}

const basisLine = leafOpening.extend({ event: compactJws.optional() });

/** A line of a basis file, without its line feed; the leaves stand in their order from the first one, those of one log behind those of the log before. */
export function serialiseBasisLeaf(leaf: OpenedLeaf & { readonly event?: string | undefined }): string {
  const { index, record, salt, event } = leaf;
  return JSON.stringify({ index, record, salt, event });
}

/**
 * Reads a line of a basis file.
 *
 * @throws SeraiError ERR_EVIDENCE_OPENING
 */
export function parseBasisLeaf(line: Uint8Array): BasisLeaf {
  const parsed = basisLine.safeParse(parseStrictJson(line, 'ERR_EVIDENCE_OPENING'));
  if (!parsed.success)
    throw new SeraiError('ERR_EVIDENCE_OPENING', 'The line is not {"index", "record", "salt", "event"}.', {
      cause: parsed.error,
    });
  const { index, record, salt, event } = parsed.data;
  return { index, record, salt: Buffer.from(salt, 'base64url'), ...(event === undefined ? {} : { event }) };
}

/**
 * Of how many leaves the basis of a statement has to be, as the statement claims: for fetching them. Nothing is verified.
 *
 * @throws SeraiError ERR_EVIDENCE_PACK, ERR_LOG_MALFORMED
 */
export function basisSizeOf(statement: string): number {
  const { payload } = parseCompactJws(statement, ENVELOPE_TYP, MAX_ENVELOPE_BYTES);
  const claimed = statisticsIssued.event.safeParse(parseStrictJson(payload, 'ERR_EVIDENCE_PACK'));
  if (!claimed.success) throw new SeraiError('ERR_EVIDENCE_PACK', 'These are no statistics.', { cause: claimed.error });
  const { header } = (claimed.data as CloudEvent<HeaderOf<typeof statisticsIssued>>).data;
  const sizes = countedLogs(header).map(
    ({ checkpoint }) => parseCheckpoint(parseNote(Buffer.from(checkpoint)).text).size,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
