import { openKeystore } from '#libs/envelope';
import { LogSigner } from './log-signer.js';
import { HeadSigner } from './signed-head.js';
import type { SignerConfig } from './signer-config.js';
import { described, SignerLog } from './signer-log.js';
import { SignerServer } from './signer-server.js';
import { openPrivateFolder, StateFile } from './state-file.js';
import { awaitWitnesses } from './witness-inquiry.js';

/**
 * The signer as this process: opens its key, reads what it signed last, asks the witnesses whether that is all, and only then opens its door.
 *
 * @throws SeraiError ERR_CONFIG_INVALID, ERR_KEYSTORE_UNREADABLE, ERR_LOG_KEY, ERR_LOG_ROLLBACK
 */
export async function runSigner(config: SignerConfig): Promise<void> {
  const log = new SignerLog();
  const stopping = new AbortController();
  const end = (exitCode: number): void => {
    process.exitCode = exitCode;
    process.stdin.destroy();
    stopping.abort();
  };
  endOnSignals(end, config.endWithParent);
  await openPrivateFolder(config.stateFolder);
  const heads = new HeadSigner(config.origin, await openKeystore(config.keystore.path, config.keystore.passphrase));
  const signer = new LogSigner(heads, new StateFile(config.stateFolder));
  const last = await signer.last();
  log.info('this is the log that is signed here', { origin: config.origin, size: last.head.size });
  await awaitWitnesses(last, config.witnesses, log, stopping.signal);
  if (stopping.signal.aborted) return;
  const onRollback = (error: unknown): void => {
    log.error('ALARM: the signer can not go on', described(error));
    end(1);
  };
  const server = new SignerServer({ signer, log, onRollback });
  await server.listen(config.socket);
  stopping.signal.addEventListener('abort', () => void server.close());
  log.info('signing', { size: last.head.size });
}

function endOnSignals(end: (exitCode: number) => void, endWithParent: boolean): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end(0));
  if (!endWithParent) return;
  process.stdin.on('end', () => end(0));
  process.stdin.on('error', () => end(0));
  process.stdin.resume();
}
