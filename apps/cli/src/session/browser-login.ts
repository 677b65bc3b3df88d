import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type LoginTarget, startCodeFlow, type Tokens } from '#libs/client';
import { SeraiError } from '#libs/errors';

const LOGIN_MS = 300_000;

/**
 * Log-in in a browser (RFC 8252): `show` gets the address to open; the answer comes back to a port of this machine.
 * The provider refuses or five minutes pass: ERR_OFFICER_UNAUTHENTICATED.
 */
export async function browserLogin(target: LoginTarget, show: (url: string) => void): Promise<Tokens> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  try {
    const flow = await startCodeFlow(target, redirectUri);
    const answered = new Promise<URL>((resolve, reject) => {
      const late = new SeraiError('ERR_OFFICER_UNAUTHENTICATED', 'Nobody logged in within five minutes. Try again.');
      setTimeout(() => reject(late), LOGIN_MS).unref();
      server.on('request', (request, response) => {
        const url = new URL(request.url ?? '/', redirectUri);
        if (url.pathname !== '/callback') return void response.writeHead(404).end();
        response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
        response.end('Done. Go back to the terminal.\n');
        resolve(url);
      });
    });
    show(flow.url.href);
    return await flow.complete(await answered);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
