import { ACCESS_SUBJECT, accessRecorded } from '#libs/contracts';
import { isMessage, parseStrictJson } from '#libs/envelope';
import { leafHash, verifyInclusion } from '#libs/transparency-log';
import { type AccessProof, accessCommitment, accessProof, type CommittedEntry } from '../access/access-proof.js';
import { demand, Report, type Verdict } from './report.js';
import { foldDirectory, verifyStatement } from './verify-directory.js';
import { CheckpointJudge, LogVerifier } from './verify-log.js';
import { type VerifiedMessage, verifyMessage } from './verify-message.js';
import type { TrustAnchors } from './verify-pack.js';

/** What follows from the proof of an entry: this participant bound itself to it, and when the hub held that. */
export interface AccessFacts {
  /** URN of whose access log it is. */
  readonly participant: string;
  readonly entry: CommittedEntry;
  /** When the gateway says that it took the record. */
  readonly recordedAt: string;
  /** When enough witnesses had seen it in the log. */
  readonly witnessedAt: string;
  /** When the directory service stated all of its directory. */
  readonly statedAt: string;
}

/**
 * Verifies the proof of an entry of an access log without network: form, directory, the record's place in the log, its signature and receipt, and that it commits to
 * exactly this entry.
 *
 * @param bytes of the file
 * @returns every check that was made; never throws for what the file contains
 * @example const { holds, facts } = await verifyAccess(await readFile('look.json'), { roots })
 */
export async function verifyAccess(bytes: Uint8Array, { roots }: TrustAnchors): Promise<Verdict<AccessFacts>> {
  const report = new Report();
  const file = await report.attempt('access-form', undefined, () => readProof(bytes));
  if (file === undefined) return report.verdict();
  const changes = Buffer.from(JSON.stringify({ changes: file.directory.changes }));
  const directory = await report.attempt('directory-chain', 'directory.changes', () =>
    foldDirectory(changes, file.realm, roots),
  );
  if (directory === undefined) return report.verdict();
  const logs = new LogVerifier(new CheckpointJudge(directory), report);
  const context = { directory, logs, report, realm: file.realm, leg: ACCESS_SUBJECT };
  const message = await verifyMessage(messageOf(file), context);
  if (message === undefined) return report.verdict();
  await report.attempt('access-commitment', 'entry', () => assertCommitted(file, message));
  const statedAt = await report.attempt('directory-statement', 'directory.statement', () =>
    verifyStatement(Buffer.from(file.directory.statement), directory, new Date(message.record.acceptedAt)),
  );
  const { receivedAt: recordedAt, envelope, leaf } = message;
  if (statedAt === undefined || recordedAt === undefined) return report.verdict();
  const witnessedAt = leaf.witnessed.witnessedAt.toISOString();
  return report.verdict({
    ...{ participant: envelope.event.source, entry: file.entry },
    ...{ recordedAt, witnessedAt, statedAt },
  });
}

function readProof(bytes: Uint8Array): AccessProof {
  const parsed = accessProof.safeParse(parseStrictJson(bytes, 'ERR_EVIDENCE_PACK'));
  demand(parsed.success, 'The file is no proof of an entry of an access log in its one form.');
  return parsed.data;
}

const messageOf = ({ record }: AccessProof) => ({
  folder: 'record',
  envelope: Buffer.from(record.envelope),
  receipt: Buffer.from(record.receipt),
  opening: Buffer.from(record.opening),
  proof: Buffer.from(record.proof),
});

function assertCommitted({ entry, salt, place, path }: AccessProof, { envelope }: VerifiedMessage): void {
  demand(isMessage(envelope, accessRecorded), 'The envelope is no record of accesses.');
  const { count, root } = envelope.event.data.header;
  verifyInclusion({
    index: place,
    size: count,
    leafHash: leafHash(accessCommitment(entry, Buffer.from(salt, 'base64url'))),
    proof: path.map((hash) => Buffer.from(hash, 'base64url')),
    root: Buffer.from(root, 'base64url'),
  });
}
