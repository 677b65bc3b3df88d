import { directorySnapshot, directorySnapshotPublished, type Realm, type SignedDirectoryChange } from '#libs/contracts';
import { isMessage, verifyEnvelope } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { Directory } from './directory.js';
import { nextHead } from './head.js';
import type { RootKeys } from './root-keys.js';

/** What a replica is anchored in, and who keeps it. */
export interface ReplicaOptions {
  readonly realm: Realm;
  readonly roots: RootKeys;
  /** URN of the participant that keeps this replica; `any` is for services of the hub. */
  readonly audience: string | 'any';
}

/**
 * A copy of the directory that trusts nobody but the pinned root keys. It starts empty and only ever moves forward along one chain of heads.
 *
 * @example const replica = new DirectoryReplica({ realm, roots, audience: participant }); await replica.load(await response.json())
 */
export class DirectoryReplica {
  #current: Directory;
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ReplicaOptions) {
    this.#current = Directory.empty(options.realm, options.roots);
  }

  get current(): Directory {
    return this.#current;
  }

  /**
   * Takes a snapshot (`GET /v1/directory`): checks that it continues what was seen before, folds its new changes, then verifies the statement of the
   * directory service about version and head.
   *
   * @param at when the key of the statement must be active
   * @throws SeraiError ERR_TRUST_ROLLBACK (older than, or other than, what was seen), ERR_TRUST_SNAPSHOT (anything else)
   */
  load(snapshot: unknown, at: Date = new Date()): Promise<void> {
    return this.#inTurn(async () => {
      const parsed = directorySnapshot.safeParse(snapshot);
      if (!parsed.success) throw refused('its shape is wrong', parsed.error);
      const { realm, version, head, changes, statement } = parsed.data;
      if (realm !== this.options.realm) throw refused('it is of another realm');
      if (version !== changes.length) throw refused('it does not have as many changes as its version says');
      this.#assertContinues(changes);
      const directory = await this.#fold(changes.slice(this.#current.version));
      if (directory.head !== head) throw refused('its head is not the one of its changes');
      await this.#verifyStatement(statement, directory, at);
      this.#current = directory;
    });
  }

  /**
   * Takes one accepted change from a feed or topic. A version that is known already is compared and passed over.
   *
   * @throws SeraiError ERR_TRUST_SNAPSHOT on a gap, another head, or a change that does not verify
   */
  applyAccepted(change: SignedDirectoryChange, version: number, head: string): Promise<void> {
    return this.#inTurn(async () => {
      const current = this.#current;
      if (version > current.version + 1) throw refused(`version ${current.version + 1} is missing before ${version}`);
      if (version <= current.version) {
        if (current.headAt(version) !== head) throw refused(`version ${version} has another head`);
        return;
      }
      const next = await this.#fold([change]);
      if (next.head !== head) throw refused(`version ${version} has another head`);
      this.#current = next;
    });
  }

  async #fold(changes: readonly SignedDirectoryChange[]): Promise<Directory> {
    let directory = this.#current;
    try {
      for (const change of changes) directory = await directory.apply(change);
    } catch (cause) {
      if (!(cause instanceof SeraiError)) throw cause;
      throw refused(`change ${directory.version + 1} does not verify`, cause);
    }
    return directory;
  }

  /** What was seen once must be in every later snapshot, at the same place. Its changes were verified then; their hashes are enough now. */
  #assertContinues(changes: readonly SignedDirectoryChange[]): void {
    const { version, head } = this.#current;
    const seen = changes
      .slice(0, version)
      .reduce((chain, { payload }) => nextHead(chain, Buffer.from(payload, 'base64url')), this.#current.headAt(0)!);
    if (changes.length >= version && seen === head) return;
    throw new SeraiError('ERR_TRUST_ROLLBACK', 'The snapshot does not continue the directory that was seen before.', {
      detail: { seen: version, given: changes.length },
    });
  }

  async #verifyStatement(statement: string, directory: Directory, at: Date): Promise<void> {
    const { realm, audience } = this.options;
    try {
      const keys = directory.keyResolver();
      const verified = await verifyEnvelope(statement, { realm, channel: 'directory.answers', keys, at, audience });
      if (!isMessage(verified, directorySnapshotPublished)) throw refused('its statement is another message');
      const { version, head } = verified.event.data.header;
      if (version !== directory.version || head !== directory.head) throw refused('its statement names another head');
    } catch (cause) {
      if (!(cause instanceof SeraiError) || cause.code === 'ERR_TRUST_SNAPSHOT') throw cause;
      throw refused('its statement does not verify', cause);
    }
  }

  /** One step at a time: the next starts from what the one before has left. */
  #inTurn(step: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(step);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function refused(reason: string, cause?: unknown): SeraiError {
  return new SeraiError('ERR_TRUST_SNAPSHOT', `The directory does not verify: ${reason}.`, { cause });
}
