import type { NetworkGate } from '#libs/testing';

const HEARTBEAT = 12;
/** Size, correlation id and throttle time, four bytes each, stand before the error code; since version 4 one more, of a list that is empty. */
const errorCodeAt = (apiVersion: number): number => (apiVersion < 4 ? 12 : 13);
/** UNKNOWN_SERVER_ERROR: clients take it for one that does not pass. */
const UNKNOWN = -1;

/** Changes answers to heartbeats on their way through a gate, one at a time. */
export class BrokenHeartbeats {
  /** So many broken answers were given. */
  given = 0;
  private isNext = false;

  constructor(network: NetworkGate) {
    network.onAnswer = ({ apiKey, apiVersion }, bytes) => {
      if (apiKey !== HEARTBEAT || !this.isNext) return;
      this.isNext = false;
      this.given += 1;
      bytes.writeInt16BE(UNKNOWN, errorCodeAt(apiVersion));
    };
  }

  /** The next answer to a heartbeat says that the broker failed. */
  breakNext(): void {
    this.isNext = true;
  }
}
