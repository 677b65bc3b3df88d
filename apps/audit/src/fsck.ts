import { runFsck } from './fsck/run-fsck.js';

process.exitCode = await runFsck(process.argv.slice(2), process.env, {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
});
