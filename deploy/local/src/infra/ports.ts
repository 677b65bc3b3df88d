import { randomInt } from 'node:crypto';
import net from 'node:net';
import { LocalError } from '../local-error.js';

/** True when a program of ours could listen on this port of the loopback address now. */
export async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A free port below the range from which the system takes ports for outgoing connections, so that none of those can grab it. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(10_240, 32_768);
    if (await isFree(port)) return port;
  }
  throw new LocalError(
    'ERR_LOCAL_PORT_IN_USE',
    'No free port was found between 10240 and 32767 on 127.0.0.1: end some programs and try again.',
  );
}

/** The wanted port, or a free one with a sentence to the log when another program has it. 0 asks for any free port. */
export async function choosePort(wanted: number, purpose: string, log: (line: string) => void): Promise<number> {
  if (wanted !== 0 && (await isFree(wanted))) return wanted;
  const port = await freePort();
  if (wanted !== 0) log(`Port ${wanted} (${purpose}) is in use by another program; using ${port} instead.`);
  return port;
}

/** Throws when nothing accepts connections at this address within the time given. */
export async function assertReachable(host: string, port: number, timeoutMs: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = net.connect({ host, port, timeout: timeoutMs });
    const finish = (error?: Error): void => {
      socket.destroy();
      error ? reject(error) : resolve();
    };
    socket.once('connect', () => finish());
    socket.once('timeout', () => finish(new Error(`no answer within ${timeoutMs} ms`)));
    socket.once('error', finish);
  });
}
