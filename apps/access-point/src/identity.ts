import type { Realm } from '#libs/contracts';
import { activateKey, addKey, type Keystore, type KeystorePublicKey, openKeystore } from '#libs/envelope';
import { SeraiError } from '#libs/errors';

/** Where the keystore lies, to read it again and to add keys to it. */
export interface KeystoreFile {
  readonly path: string;
  readonly passphrase: string;
}

/** Whose access point this is, in which realm, with which keys. */
export class Identity {
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly participant: string,
    readonly realm: Realm,
    private opened: Keystore,
    private readonly file?: KeystoreFile,
  ) {}

  /** The keystore as it is now: take it anew for each piece of work. */
  get keystore(): Keystore {
    return this.opened;
  }

  holds(kid: string): boolean {
    return this.opened.publicKeys().some((key) => key.kid === kid);
  }

  /** Adds a fresh key to the file; an old one is never removed, or what was encrypted to it could not be read again. */
  async addKey(use: 'sig' | 'enc'): Promise<KeystorePublicKey> {
    return this.inTurn(async ({ path, passphrase }) => {
      const { keystore, added } = await addKey(path, passphrase, use);
      this.opened = keystore;
      return added;
    });
  }

  /** Signs with another of the keys from now on, after a restart too. */
  async signWith(kid: string): Promise<void> {
    await this.inTurn(async ({ path, passphrase }) => {
      this.opened = await activateKey(path, passphrase, kid);
    });
  }

  /** Takes keys that another instance, or an operator, has added to the file. */
  async reload(): Promise<void> {
    await this.inTurn(async ({ path, passphrase }) => {
      this.opened = await openKeystore(path, passphrase);
    });
  }

  private inTurn<T>(work: (file: KeystoreFile) => Promise<T>): Promise<T> {
    const { file } = this;
    if (!file) throw new SeraiError('ERR_KEYSTORE_UNREADABLE', 'This keystore has no file that could be changed.');
    const turn = this.last.then(() => work(file));
    this.last = turn.catch(() => undefined);
    return turn;
  }
}
