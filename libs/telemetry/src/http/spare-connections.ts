import type { Socket } from 'node:net';
import tls from 'node:tls';
import type { HttpInstance, HttpRequest } from './http-types.js';

/**
 * Ends connections on which no request has ever come when the server closes. Clients keep such spares (browsers open them ahead, fetch after an
 * aborted stream); Node counts them as busy, so closing would wait for their time-out.
 */
export function endSpareConnections(server: HttpInstance): void {
  const spare = new Set<Socket>();
  // A request's socket is the encrypted one, where there is one.
  const event = server.server instanceof tls.Server ? 'secureConnection' : 'connection';
  server.server.on(event, (socket: Socket) => {
    spare.add(socket);
    socket.once('close', () => spare.delete(socket));
  });
  server.addHook('onRequest', (request: HttpRequest, _reply, done: () => void) => {
    spare.delete(request.raw.socket);
    done();
  });
  server.addHook('preClose', (done: () => void) => {
    for (const socket of spare) socket.destroy();
    done();
  });
}
