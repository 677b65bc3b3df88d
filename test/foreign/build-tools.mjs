// The tools of others that look at our log, built from the Go module proxy: once per state of their sources, into .serai/foreign.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const SOURCES = path.join(import.meta.dirname, 'go');
const PACKAGES = ['./checker', './tessera-bench', './tessera-log', 'github.com/transparency-dev/tessera/cmd/fsck'];

/** The folder of the built tools; undefined when there is no Go. Throws when they cannot be built. */
export async function buildTools(checkout, say) {
  const go = await run('go', ['env', 'GOVERSION', 'GOOS', 'GOARCH'], 'pipe');
  if (go.code !== 0) return undefined;
  const cache = path.join(checkout, '.serai/foreign');
  const folder = path.join(cache, fingerprint(go.output));
  if (fs.existsSync(folder)) return folder;
  say('Building the tools of others that look at the log (Go) ...');
  const unfinished = `${folder}.${process.pid}`;
  fs.mkdirSync(unfinished, { recursive: true });
  const { code } = await run('go', ['build', '-o', `${unfinished}${path.sep}`, ...PACKAGES], 2);
  if (code !== 0) {
    fs.rmSync(unfinished, { recursive: true });
    throw new Error(
      `go build ended with code ${code} (its own lines are above): it needs Go 1.24 or newer, here is ${go.output.split('\n')[0]}, and the Go module proxy. Then run the command again.`,
    );
  }
  // Others may be at work in another terminal; what they build is the same.
  for (const stale of fs.readdirSync(cache).filter((name) => !name.includes('.') && name !== path.basename(folder)))
    fs.rmSync(path.join(cache, stale), { recursive: true });
  if (!fs.existsSync(folder)) fs.renameSync(unfinished, folder);
  fs.rmSync(unfinished, { recursive: true, force: true });
  return folder;
}

function fingerprint(go) {
  const digest = createHash('sha256').update(go);
  for (const name of fs.readdirSync(SOURCES, { recursive: true }).sort()) {
    const file = path.join(SOURCES, name);
    if (fs.statSync(file).isFile()) digest.update(name).update(fs.readFileSync(file));
  }
  return digest.digest('hex').slice(0, 16);
}

function run(command, args, stdout) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: SOURCES, stdio: ['ignore', stdout, 2] });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.once('error', () => resolve({ code: 127, output }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
