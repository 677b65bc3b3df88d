import { run } from './program.js';

process.exitCode = await run(process.argv.slice(2), {
  result: (text) => void process.stdout.write(`${text}\n`),
  remark: (text) => void process.stderr.write(`${text}\n`),
});
