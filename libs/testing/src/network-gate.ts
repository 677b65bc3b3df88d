import net from 'node:net';

interface SocketRequest {
  readonly host: string;
  readonly port: number;
  readonly onConnect: () => void;
}

/**
 * The network between a Kafka client and its brokers, which a test can cut. Give `socketFactory` to the client's connection.
 *
 * @example const network = new NetworkGate(); network.cut(); await expect(producer.send(record)).rejects.toThrow(); network.restore();
 */
export class NetworkGate {
  private readonly sockets = new Set<net.Socket>();
  private isOpen = true;

  readonly socketFactory = ({ host, port, onConnect }: SocketRequest): net.Socket => {
    const socket = new net.Socket();
    if (!this.isOpen) {
      process.nextTick(() =>
        socket.destroy(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })),
      );
      return socket;
    }
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    socket.setNoDelay(true);
    return socket.connect({ host, port }, onConnect);
  };

  /** Ends every open connection and refuses new ones. */
  cut(): void {
    this.isOpen = false;
    this.dropConnections();
  }

  /** Ends every open connection; new ones are let through. */
  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy(networkError('ECONNRESET'));
  }

  restore(): void {
    this.isOpen = true;
  }
}

function networkError(code: string): Error {
  return Object.assign(new Error(`The network was cut by a test: ${code}`), { code });
}
