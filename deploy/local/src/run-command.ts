import net from 'node:net';
import { LocalError } from './local-error.js';

/** Runs a command to its end: an error of ours is one sentence and exit code 1, anything else also shows where it came from. */
export async function runCommand(work: () => Promise<void>): Promise<void> {
  try {
    await work();
    process.exitCode ??= 0;
  } catch (error) {
    console.error(error instanceof LocalError ? `${error.message} (${error.code})` : error);
    process.exitCode = 1;
  }
}

/**
 * Resolves, with the reason, at the first SIGINT, SIGTERM or SIGHUP, or when the process that started us is gone. A terminal and npm
 * both pass a Ctrl-C on, so the signal may come twice: it means the same wish.
 */
export async function untilStopped(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
    // deploy/local/bootstrap.mjs holds the other end of file descriptor 3.
    if (process.env['SERAI_BOOTSTRAP'] === undefined) return;
    const parent = new net.Socket({ fd: 3 });
    parent.once('close', () => resolve('the end of the program that started it'));
    parent.on('error', () => parent.destroy());
    parent.resume();
    parent.unref();
    process.stdout.on('error', () => resolve('the end of its output'));
  });
}
