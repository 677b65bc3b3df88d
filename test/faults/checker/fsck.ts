import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const SCRIPT = 'dist/apps/audit/src/fsck.js';
const MAX_REPORT_BYTES = 16_777_216;

interface FsckReport {
  readonly parts: readonly {
    readonly part: string;
    readonly findings: readonly { readonly rule: string; readonly at: object }[];
  }[];
}

/**
 * Runs the operators' command on a log, every part of it.
 *
 * @param environment of the service audit
 * @param logPolicy under which its checkpoints are believed
 * @returns what was found, as sentences
 * @throws Error when it could not run
 */
export async function fsckFindings(
  environment: Readonly<Record<string, string>>,
  logPolicy: string,
): Promise<readonly string[]> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'serai-fsck-'));
  try {
    const policy = path.join(folder, 'policy');
    writeFileSync(policy, logPolicy);
    const { parts } = await run(environment, policy);
    return parts.flatMap(({ part, findings }) =>
      findings.map(({ rule, at }) => `fsck ${part}: ${rule} ${JSON.stringify(at)}`),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(environment: Readonly<Record<string, string>>, policy: string): Promise<FsckReport> {
  const args = [SCRIPT, 'all', '--json', '--policy', policy];
  return new Promise((resolve, reject) => {
    const options = { env: { ...environment }, maxBuffer: MAX_REPORT_BYTES };
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (stdout === '') reject(new Error(`fsck did not run: ${stderr || String(error)}`));
      else resolve(JSON.parse(stdout) as FsckReport);
    });
  });
}

/**
 * The log policy that the founding changes set.
 *
 * @param genesis file with them
 */
export function foundingPolicy(genesis: string): string {
  const changes = JSON.parse(readFileSync(genesis, 'utf8')) as readonly { readonly payload: string }[];
  for (const { payload } of changes) {
    const change = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { kind: string; policy?: string };
    if (change.kind === 'log-policy-set' && change.policy !== undefined) return change.policy;
  }
  throw new Error('The founding changes set no log policy.');
}
