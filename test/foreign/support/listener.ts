import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** Something that listens on this machine. */
export interface Listener {
  /** Without a slash at its end. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Serves on a port, a free one when left out. */
export async function listen(handler: http.RequestListener, given = 0): Promise<Listener> {
  const server = http.createServer(handler);
  await new Promise<void>((resolve) => server.listen(given, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, close };
}
