import type { DirectoryChange, Realm, SignedDirectoryChange } from '#libs/contracts';
import { thumbprint } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { assertAuthority, type Signatories } from './authority.js';
import { assertConsistent } from './consistency.js';
import { DirectoryView } from './directory-view.js';
import { emptyHead, nextHead } from './head.js';
import { Ledger } from './ledger.js';
import { parseRootKeys, type RootKeys, rootKeysById } from './root-keys.js';
import { openChange, verifiedKeysOf } from './signed-change.js';

/**
 * Everything that the community has agreed on about itself: a fold over verified changes. A directory never changes; {@link apply} gives the next one.
 *
 * @example let directory = Directory.empty('production', roots); for (const change of changes) directory = await directory.apply(change)
 */
export class Directory extends DirectoryView {
  private constructor(
    realm: Realm,
    private readonly roots: RootKeys,
    ledger: Ledger,
    version: number,
    /** Hash chain over the changes: `emptyHead` in head.ts has the rule. */
    readonly head: string,
  ) {
    super(realm, ledger, version);
  }

  /**
   * The directory before its first change.
   *
   * @throws SeraiError ERR_TRUST_ROOT when the root keys could not have come from `parseRootKeys`
   */
  static empty(realm: Realm, roots: RootKeys): Directory {
    return new Directory(realm, parseRootKeys(roots), new Ledger(), 0, emptyHead(realm));
  }

  /**
   * Verifies a change (shape, realm, signatures, authority, consistency) and gives the directory with it.
   *
   * @throws SeraiError ERR_DIRECTORY_MALFORMED, ERR_ENVELOPE_REALM, ERR_TRUST_THRESHOLD, ERR_DIRECTORY_CONFLICT, ERR_TRUST_KEY_INVALID
   */
  async apply(signed: SignedDirectoryChange): Promise<Directory> {
    const { change, payload } = openChange(signed);
    if (change.realm !== this.realm) {
      throw new SeraiError('ERR_ENVELOPE_REALM', `Only changes of the realm ${this.realm} are taken here.`);
    }
    const rootKeys = await rootKeysById(this.roots);
    const kids = await verifiedKeysOf(signed, (kid) => rootKeys.get(kid) ?? this.registeredKey(kid)?.jwk);
    assertAuthority(change, this.#signatoriesOf(change, kids, rootKeys), this.roots.threshold);
    const kid = change.kind === 'key-registered' ? await thumbprint(change.key.jwk) : undefined;
    assertConsistent(change, { directory: this, kid, isRootKey: (id) => rootKeys.has(id) });
    const ledger = this.ledger.version === this.version ? this.ledger : this.ledger.copyUpTo(this.version);
    const head = nextHead(this.head, payload);
    ledger.append({ signed, change, head, kid });
    return new Directory(this.realm, this.roots, ledger, this.version + 1, head);
  }

  /** Every change from the first, as it was signed. */
  changes(): SignedDirectoryChange[] {
    return this.ledger.entries.slice(0, this.version).map((entry) => entry.signed);
  }

  /** Head as of an earlier version, or undefined for a version that this directory has not reached. */
  headAt(version: number): string | undefined {
    if (version === 0) return emptyHead(this.realm);
    return version <= this.version ? this.ledger.entries[version - 1]?.head : undefined;
  }

  #signatoriesOf(
    { effectiveFrom }: DirectoryChange,
    kids: ReadonlySet<string>,
    rootKeys: ReadonlyMap<string, unknown>,
  ): Signatories {
    const owners = [...kids].map((kid) => this.signatoryOf(kid, new Date(effectiveFrom)));
    return {
      roots: [...kids].filter((kid) => rootKeys.has(kid)).length,
      parties: new Set(owners.filter((owner) => owner !== undefined)),
    };
  }
}
