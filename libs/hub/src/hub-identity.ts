import type { Realm } from '#libs/contracts';
import type { Keystore, Signer } from '#libs/envelope';

/** Who this service is: its URN, its realm and the key that it signs with. */
export class HubIdentity {
  constructor(
    /** `urn:serai:service:<service>` */
    readonly urn: string,
    readonly realm: Realm,
    readonly keystore: Keystore,
  ) {}

  get signer(): Signer {
    return this.keystore.signer();
  }
}
