import { isSeraiError } from '#libs/errors';
import { CHANGE_KEY_HELP, changeKey } from './signer/change-key.js';
import { readKeyConfig } from './signer/signer-config.js';

try {
  const args = process.argv.slice(2);
  const keys = args.includes('--help') ? undefined : await changeKey(args, readKeyConfig(process.env));
  process.stdout.write(`${(keys ?? [CHANGE_KEY_HELP]).join('\n')}\n`);
  if (keys === undefined && !args.includes('--help')) process.exitCode = 2;
} catch (error) {
  process.stderr.write(`${isSeraiError(error) ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
