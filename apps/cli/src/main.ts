import { readConfig } from './config.js';
import { run } from './program.js';

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());

process.exitCode = await run(process.argv.slice(2), {
  config: readConfig(process.env, process.cwd()),
  terminal: {
    result: (text) => void process.stdout.write(`${text}\n`),
    remark: (text) => void process.stderr.write(`${text}\n`),
  },
  signal: interrupted.signal,
});
