/** Injection token: so long a look waits for the hub to take its record, in milliseconds. */
export const RECORD_WAIT_MS = Symbol('serai.record-wait-ms');
