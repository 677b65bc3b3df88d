import net from 'node:net';

/** A network path to a server that a test can cut and restore: everything to `port` goes on to the target. */
export class TcpProxy {
  private readonly sockets = new Set<net.Socket>();
  private isOpen = true;

  private constructor(private readonly server: net.Server) {}

  static async to(host: string, port: number): Promise<TcpProxy> {
    const server = net.createServer();
    const proxy = new TcpProxy(server);
    server.on('connection', (inbound) => proxy.relay(inbound, host, port));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  cut(): void {
    this.isOpen = false;
    for (const socket of this.sockets) socket.destroy();
  }

  restore(): void {
    this.isOpen = true;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private relay(inbound: net.Socket, host: string, port: number): void {
    if (!this.isOpen) {
      inbound.destroy();
      return;
    }
    const outbound = net.connect(port, host);
    for (const [socket, other] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
