import { runPrune } from './retention/run-prune.js';

process.exitCode = await runPrune(process.argv.slice(2), process.env, {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
});
