import net from 'node:net';
import type { KafkaConnection } from '#libs/messaging';

type SocketFactory = NonNullable<KafkaConnection['socketFactory']>;

const HEARTBEAT = 12;
/** Size, correlation id and throttle time, four bytes each, stand before the error code. */
const ERROR_CODE_AT = 12;
/** UNKNOWN_SERVER_ERROR: kafkajs takes it for one that does not pass. */
const UNKNOWN = -1;

/** Connections to a broker over which answers to heartbeats can be changed, one at a time. */
export class BrokenHeartbeats {
  /** So many broken answers were given. */
  given = 0;
  private isNext = false;

  /** The next answer to a heartbeat says that the broker failed. */
  breakNext(): void {
    this.isNext = true;
  }

  readonly socketFactory: SocketFactory = ({ host, port, onConnect }) => {
    const socket = net.connect({ host, port }, onConnect);
    const asked = new Set<number>();
    const write = socket.write.bind(socket) as (bytes: Buffer, encoding: 'binary') => boolean;
    socket.write = ((bytes: Buffer, encoding: 'binary') => {
      if (bytes.readInt16BE(4) === HEARTBEAT) asked.add(bytes.readInt32BE(8));
      return write(bytes, encoding);
    }) as typeof socket.write;
    // Before the client's own listener: it reads what this one leaves.
    socket.on('data', (bytes) => this.alter(bytes, asked));
    return socket;
  };

  private alter(bytes: Buffer, asked: Set<number>): void {
    if (bytes.length <= ERROR_CODE_AT || !asked.delete(bytes.readInt32BE(4)) || !this.isNext) return;
    this.isNext = false;
    this.given += 1;
    bytes.writeInt16BE(UNKNOWN, ERROR_CODE_AT);
  }
}
