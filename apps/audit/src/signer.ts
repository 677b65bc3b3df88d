import { isSeraiError } from '#libs/errors';
import { runSigner } from './signer/run-signer.js';
import { readSignerConfig } from './signer/signer-config.js';

try {
  await runSigner(readSignerConfig(process.env));
} catch (error) {
  process.stderr.write(`${isSeraiError(error) ? error.message : `Can not start: ${String(error)}`}\n`);
  process.exit(1);
}
