import { type PublicKeyRecord, parseCompactJws, parseStrictJson, verifySignature } from '#libs/envelope';
import type { Directory } from '#libs/trust';
import {
  MAX_RECORDS_BYTES,
  RECORDS_TYP,
  type RecordsExport,
  type RecordsStatement,
  recordsExport,
  recordsStatement,
} from '../records/records-export.js';
import { demand, Report, type Verdict } from './report.js';
import { foldDirectory, verifyStatement } from './verify-directory.js';
import { underKeyRule } from './verify-message.js';
import type { TrustAnchors } from './verify-pack.js';

/** What follows from an export of audit records: who states them. Whether they are true, the log proves for each that names its place. */
export interface RecordsFacts extends Omit<RecordsStatement, 'format' | 'records'> {
  readonly count: number;
  /** When the directory service stated that the key was not ended by then. */
  readonly statedAt: string;
}

interface Read {
  readonly file: RecordsExport;
  readonly jws: ReturnType<typeof parseCompactJws>;
  readonly statement: RecordsStatement;
}

/**
 * Verifies an export of audit records without network: form, directory, key and signature.
 *
 * @param bytes of the file
 * @returns every check that was made; never throws for what the file contains
 * @example const { holds, facts } = await verifyRecords(await readFile('records.json'), { roots })
 */
export async function verifyRecords(bytes: Uint8Array, anchors: TrustAnchors): Promise<Verdict<RecordsFacts>> {
  const report = new Report();
  const stated = await checkRecords(report, bytes, anchors);
  if (stated === undefined) return report.verdict();
  const { format: _, records, ...told } = stated.statement;
  return report.verdict({ ...told, count: records.length, statedAt: stated.statedAt });
}

/** An export with its time; only where every check of it held. */
export interface StatedRecords {
  readonly statement: RecordsStatement;
  readonly statedAt: string;
}

/**
 * The checks of {@link verifyRecords}, into a report.
 *
 * @param name of the file, where there are several
 */
export async function checkRecords(
  report: Report,
  bytes: Uint8Array,
  { roots }: TrustAnchors,
  name?: string,
): Promise<StatedRecords | undefined> {
  const about = (part?: string) => [name, part].filter((word) => word !== undefined).join(', ') || undefined;
  const read = await report.attempt('records-form', about(), () => readExport(bytes));
  if (read === undefined) return undefined;
  const { changes, statement: stated } = read.file.directory;
  const changesFile = Buffer.from(JSON.stringify({ changes }));
  const directory = await report.attempt('directory-chain', about('directory.changes'), () =>
    foldDirectory(changesFile, read.statement.realm, roots),
  );
  if (directory === undefined) return undefined;
  const exportedAt = new Date(read.statement.exportedAt);
  const statedAt = await report.attempt('directory-statement', about('directory.statement'), () =>
    verifyStatement(Buffer.from(stated), directory, exportedAt),
  );
  const isSigned = await report.attempt('records-signature', about('statement'), async () => {
    await verifyStatementOf(read, directory);
    return true;
  });
  return statedAt === undefined || !isSigned ? undefined : { statement: read.statement, statedAt };
}

function readExport(bytes: Uint8Array): Read {
  const file = recordsExport.safeParse(parseStrictJson(bytes, 'ERR_EVIDENCE_PACK'));
  demand(file.success, 'The file is not {"statement": ..., "directory": {...}}.');
  const jws = parseCompactJws(file.data.statement, RECORDS_TYP, MAX_RECORDS_BYTES);
  const statement = recordsStatement.safeParse(parseStrictJson(jws.payload, 'ERR_EVIDENCE_PACK'));
  demand(statement.success, 'What is signed is no statement about audit records.');
  return { file: file.data, jws, statement: statement.data };
}

async function verifyStatementOf({ jws, statement }: Read, directory: Directory): Promise<void> {
  const at = new Date(statement.exportedAt);
  const key = await underKeyRule(keyOf(directory, jws.header.kid, at));
  demand(key.owner === statement.participant, 'The key belongs to somebody else than who is said to state it.');
  const compromisedFrom = directory.compromisedFrom(jws.header.kid);
  demand(compromisedFrom === undefined, `The key counts as compromised from ${compromisedFrom?.toISOString()} on.`);
  await verifySignature(jws.header, jws.parts, key.jwk);
}

async function keyOf(directory: Directory, kid: string, at: Date): Promise<PublicKeyRecord> {
  return directory.keyResolver()(kid, 'sig', at);
}
