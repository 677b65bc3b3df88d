import fs from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

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

/** Serves the files of a folder; those in `changed`, by their path, with other bytes. What is not there is answered 404. */
export function serveLog(folder: string, changed: ReadonlyMap<string, Buffer> = new Map()): Promise<Listener> {
  return listen((request, response) => {
    const name = (request.url ?? '/').slice(1);
    const content = changed.get(name);
    void (content ? Promise.resolve(content) : fs.readFile(path.join(folder, name))).then(
      (bytes) => response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
}
