import net from 'node:net';

/** What a broker was asked, as its request's header says. */
export interface KafkaRequest {
  readonly apiKey: number;
  readonly apiVersion: number;
}

const SIZE_BYTES = 4;

/**
 * The network between a Kafka client and its brokers, which a test can cut: a relay before each broker, which the brokers' answers name in their place.
 * Give `brokers` to the client's connection.
 *
 * @example
 * const network = await NetworkGate.before(testBrokers());
 * network.cut();
 * await expect(producer.send(record)).rejects.toThrow();
 * await network.close();
 */
export class NetworkGate {
  private readonly sockets = new Set<net.Socket>();
  private readonly relays: { readonly broker: string; readonly server: net.Server }[] = [];
  private isOpen = true;
  /** So many connections were refused. */
  refused = 0;
  /** Sees each answer of a broker, and may change it. Its bytes begin with its size. */
  onAnswer: (request: KafkaRequest, bytes: Buffer) => void = () => undefined;
  /** Hears of each connection that a client has left, and ends the broker's half of it when it calls `end`. */
  onLeave: (end: () => void) => void = (end) => end();

  private constructor() {}

  static async before(brokers: readonly string[]): Promise<NetworkGate> {
    const gate = new NetworkGate();
    for (const broker of brokers) {
      const server = net.createServer({ allowHalfOpen: true }, (inbound) => gate.relay(inbound, broker));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      gate.relays.push({ broker, server });
    }
    return gate;
  }

  get brokers(): string[] {
    return this.relays.map(({ server }) => `127.0.0.1:${portOf(server)}`);
  }

  /** Ends every open connection and refuses new ones. */
  cut(): void {
    this.isOpen = false;
    this.dropConnections();
  }

  /** Ends every open connection; new ones are let through. */
  dropConnections(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  restore(): void {
    this.isOpen = true;
  }

  async close(): Promise<void> {
    this.cut();
    for (const { server } of this.relays) await new Promise((resolve) => server.close(resolve));
  }

  private relay(inbound: net.Socket, broker: string): void {
    inbound.on('error', () => undefined);
    if (!this.isOpen) {
      this.refused += 1;
      inbound.resetAndDestroy();
      return;
    }
    const [host, port] = hostAndPort(broker);
    const outbound = net.connect(port, host);
    inbound.on('end', () => this.onLeave(() => inbound.destroy()));
    this.tie(inbound, outbound);
    this.tie(outbound, inbound);
    const asked = new Map<number, KafkaRequest>();
    eachMessage(inbound, (bytes) => {
      asked.set(bytes.readInt32BE(8), { apiKey: bytes.readInt16BE(4), apiVersion: bytes.readInt16BE(6) });
      outbound.write(bytes);
    });
    eachMessage(outbound, (bytes) => {
      this.nameRelays(bytes);
      const request = asked.get(bytes.readInt32BE(4));
      asked.delete(bytes.readInt32BE(4));
      if (request) this.onAnswer(request, bytes);
      inbound.write(bytes);
    });
  }

  private tie(socket: net.Socket, other: net.Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => other.destroy());
    socket.on('close', () => {
      this.sockets.delete(socket);
      other.destroy();
    });
  }

  /** A broker's address stands in answers as its host's name with its port, of four bytes, behind it. */
  private nameRelays(bytes: Buffer): void {
    for (const { broker, server } of this.relays) {
      const [host, port] = hostAndPort(broker);
      const address = Buffer.alloc(host.length + 4);
      address.write(host);
      address.writeInt32BE(port, host.length);
      for (let at = bytes.indexOf(address); at >= 0; at = bytes.indexOf(address, at + 1)) {
        bytes.writeInt32BE(portOf(server), at + host.length);
      }
    }
  }
}

const portOf = (server: net.Server): number => (server.address() as net.AddressInfo).port;

function hostAndPort(broker: string): [string, number] {
  const colon = broker.lastIndexOf(':');
  return [broker.slice(0, colon), Number(broker.slice(colon + 1))];
}

/** Calls back with each whole message of the protocol: four bytes of size, then that many. */
function eachMessage(socket: net.Socket, take: (bytes: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= SIZE_BYTES && rest.length >= SIZE_BYTES + rest.readInt32BE(0)) {
      const end = SIZE_BYTES + rest.readInt32BE(0);
      take(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  });
}
