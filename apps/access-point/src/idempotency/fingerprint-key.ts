import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { IdempotentCall } from '../officer/call.js';

/** Secret under which bodies are fingerprinted: a bare hash of a body could be guessed from the names in it. */
export class FingerprintKey {
  private readonly key: KeyObject;

  constructor(recordsSecret: Uint8Array) {
    this.key = createSecretKey(createHmac('sha256', recordsSecret).update('serai idempotency fingerprint').digest());
  }

  fingerprint({ operation, acting, params, body }: IdempotentCall): string {
    const act = JSON.stringify([operation, acting, params, body]);
    return createHmac('sha256', this.key).update(act).digest('base64url');
  }
}
