import { parseArgs } from 'node:util';
import { FSCK_PARTS, type FsckPart } from './fsck-report.js';

/** How an fsck was called. */
export interface FsckOptions {
  readonly parts: readonly FsckPart[];
  /** Path of a file of c2sp.org/tlog-policy: who signs and who witnesses the log. */
  readonly policy: string | undefined;
  /** Verifier key of the log, where its witnesses do not matter. */
  readonly key: string | undefined;
  /** Verifier keys that the log had before: rows of the database may bear their signatures. */
  readonly former: readonly string[];
  readonly settleSeconds: number;
  readonly json: boolean;
}

const DEFAULT_SETTLE_SECONDS = 60;

export const FSCK_HELP = `fsck tiles|db|private|producers|all: derives the log again from what is stored, and says what does not fit. Changes nothing; the log
may grow meanwhile.

  tiles      every tile and the root of the published checkpoint, from its entry bundles
  db         batch by batch from the leaves in the database, and whether they are what is published
  private    that record and salt open every leaf that was not pruned
  producers  that each producer's numbers are contiguous

  --policy <file>     the log policy of the community: its key must have signed the checkpoint, and enough witnesses cosigned it
  --key <vkey>        the log's key instead, where it does not matter who witnessed
  --former <vkey>     a key that the log had before, for what it signed then; may come several times
  --settle <seconds>  numbers of the last seconds may still wait for others to come before them (${DEFAULT_SETTLE_SECONDS})
  --json              the report as one JSON object on standard output
  --help              this

tiles reads SERAI_AUDIT_ORIGIN and SERAI_AUDIT_LOG_FOLDER; the others SERAI_POSTGRES_URL and SERAI_AUDIT_SCHEMA too, and private SERAI_KEYSTORE and its passphrase.
Exit codes: 0 everything fits; 1 something does not; 2 it could not run.`;

/** Undefined asks for help; a sentence says what is wrong with the call. */
export function readFsckOptions(args: readonly string[]): FsckOptions | string | undefined {
  const options = {
    policy: { type: 'string' },
    key: { type: 'string' },
    former: { type: 'string', multiple: true },
    settle: { type: 'string', default: String(DEFAULT_SETTLE_SECONDS) },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
    if (values.help) return undefined;
    const parts = partsOf(positionals);
    if (typeof parts === 'string') return parts;
    if (values.policy !== undefined && values.key !== undefined) return 'Give --policy or --key, not both.';
    const isPublished = parts.includes('tiles') || parts.includes('db');
    if (isPublished && values.policy === undefined && values.key === undefined)
      return 'Say whose checkpoints are to be believed: --policy <file> or --key <vkey>.';
    if (!/^\d{1,6}$/.test(values.settle)) return '--settle takes a number of seconds.';
    const { policy, key, former = [], json } = values;
    return { parts, policy, key, former, settleSeconds: Number(values.settle), json };
  } catch (error) {
    return `${(error as Error).message.split('. ')[0]}. See --help.`;
  }
}

function partsOf([part, ...more]: readonly string[]): readonly FsckPart[] | string {
  if (part === 'all' && more.length === 0) return FSCK_PARTS;
  const known = FSCK_PARTS.find((name) => name === part);
  if (known === undefined || more.length > 0) return 'Say what to check: tiles, db, private, producers or all.';
  return [known];
}
