import type { Realm } from '#libs/contracts';
import type { Keystore } from '#libs/envelope';

/** Whose access point this is, in which realm, with which keys. */
export class Identity {
  constructor(
    readonly participant: string,
    readonly realm: Realm,
    readonly keystore: Keystore,
  ) {}
}
