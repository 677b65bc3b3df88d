import { directoryChangeAccepted, type HeaderOf, type Realm, serviceUrnOf } from '#libs/contracts';
import { isMessage, parseFrame, parseStrictJson, verifyEnvelope } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { MAX_RECORD_BYTES, type ReceivedRecord } from '#libs/messaging';
import type { DirectoryReplica } from '#libs/trust';

type Accepted = HeaderOf<typeof directoryChangeAccepted>;

const DIRECTORY_SERVICE = serviceUrnOf('directory');

/**
 * Folds the records of `directory.events` into a replica. What a change says is proved by its own signatures against the pinned root keys; that it
 * is part of the directory, at this place, is proved by the directory service's signature on the event.
 *
 * Bootstrap: the first records bring the very key that signs them. Until the replica knows a signing key of the directory service, changes are
 * folded on the strength of their own signatures; the moment the key is known, the signatures of all those events are checked with it.
 */
export class DirectoryFollower {
  private unproven: ReceivedRecord[] = [];
  private proven = false;

  constructor(
    private readonly replica: DirectoryReplica,
    private readonly realm: Realm,
  ) {}

  /** True once every event so far is known to be the directory service's. */
  get isProven(): boolean {
    return this.proven;
  }

  /**
   * Takes the next record of the topic.
   *
   * @returns whether it was an accepted change
   * @throws SeraiError with disposition `park` when the record is not one of the directory service: it changes nothing and can be passed over;
   *   any other when the service contradicts itself or the root keys: then nothing of it may be believed any more
   */
  async follow(record: ReceivedRecord): Promise<boolean> {
    return this.proven ? this.followProven(record) : this.followUnproven(record);
  }

  private async followProven(record: ReceivedRecord): Promise<boolean> {
    const envelope = await this.verify(record);
    if (!isMessage(envelope, directoryChangeAccepted)) return false;
    await this.apply(envelope.event.data.header);
    return true;
  }

  private async followUnproven(record: ReceivedRecord): Promise<boolean> {
    const claimed = claimedChange(record);
    if (claimed) await this.apply(claimed).catch(passOver);
    this.unproven.push(record);
    await this.proveWhenKeyIsKnown(record.appendedAt);
    return claimed !== undefined;
  }

  private async proveWhenKeyIsKnown(at: Date): Promise<void> {
    if (this.replica.current.signingKeysOf(DIRECTORY_SERVICE, at).length === 0) return;
    for (const record of this.unproven) {
      await this.verify(record).catch((cause: unknown) => {
        throw new SeraiError(
          'ERR_TRUST_SNAPSHOT',
          'The directory topic begins with events that its service did not sign.',
          {
            cause,
            detail: { offset: record.offset },
          },
        );
      });
    }
    this.unproven = [];
    this.proven = true;
  }

  private apply({ change, version, head }: Accepted): Promise<unknown> {
    return Promise.resolve(this.replica.applyAccepted(change, version, head));
  }

  private verify(record: ReceivedRecord) {
    return verifyEnvelope(parseFrame(record.value, MAX_RECORD_BYTES).eventJws, {
      realm: this.realm,
      channel: 'directory.events',
      keys: this.replica.current.keyResolver(),
      at: record.appendedAt,
      audience: 'any',
    });
  }
}

/** What an event says before anybody can check who signed it; undefined when it is not about an accepted change. */
function claimedChange(record: ReceivedRecord): Accepted | undefined {
  const { eventJws } = parseFrame(record.value, MAX_RECORD_BYTES);
  const payload = Buffer.from(eventJws.split('.')[1] ?? '', 'base64url');
  const event = directoryChangeAccepted.event.safeParse(parseStrictJson(payload, 'ERR_ENVELOPE_MALFORMED'));
  return event.success ? (event.data as { data: { header: Accepted } }).data.header : undefined;
}

/** Nobody vouches for the order of unproven events: one whose change does not hold is an intruder's, like one with a bad signature later. */
function passOver(cause: unknown): never {
  throw new SeraiError('ERR_RECORD_MALFORMED', 'The change does not verify against the pinned root keys.', { cause });
}
