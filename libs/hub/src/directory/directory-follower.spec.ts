import { exportJWK, generateKeyPair } from 'jose';
import { v7 as uuid7 } from 'uuid';
import {
  type CloudEvent,
  DIRECTORY_SUBJECT,
  type DirectoryChange,
  directoryChangeAccepted,
  type PublicJwk,
  type SignedDirectoryChange,
  serviceUrnOf,
} from '#libs/contracts';
import { frameEvent, type Signer, signEnvelope, signerFromJwk } from '#libs/envelope';
import type { ReceivedRecord } from '#libs/messaging';
import { Directory, DirectoryReplica, type RootKeys, signDirectoryChange } from '#libs/trust';
import { DirectoryFollower } from './directory-follower.js';

const SERVICE = serviceUrnOf('directory');
const EFFECTIVE = '2026-01-01T00:00:00.000Z';
const UNTIL = '2030-01-01T00:00:00.000Z';

interface Key {
  readonly signer: Signer;
  readonly jwk: PublicJwk;
}

async function newKey(): Promise<Key> {
  const { privateKey } = await generateKeyPair('Ed25519', { extractable: true });
  const secret = await exportJWK(privateKey);
  return { signer: await signerFromJwk(secret), jwk: { kty: 'OKP', crv: 'Ed25519', x: secret.x! } };
}

const base = () => ({ id: uuid7(), realm: 'production', effectiveFrom: EFFECTIVE }) as const;
const service = (id: string): DirectoryChange => ({ ...base(), kind: 'service-registered', service: { id, name: id } });
const keyOf = (owner: string, { jwk }: Key): DirectoryChange => ({
  ...base(),
  kind: 'key-registered',
  key: { owner, use: 'sig', jwk, validUntil: UNTIL },
});

/** A directory service that signs with `key`, and the records that it puts on its topic. */
class Topic {
  private offset = 0n;
  private directory: Directory;

  constructor(
    private readonly roots: RootKeys,
    private readonly chairs: readonly Key[],
  ) {
    this.directory = Directory.empty('production', roots);
  }

  follower(): { follower: DirectoryFollower; replica: DirectoryReplica } {
    const replica = new DirectoryReplica({ realm: 'production', roots: this.roots, audience: 'any' });
    return { replica, follower: new DirectoryFollower(replica, 'production') };
  }

  sign(change: DirectoryChange, signers = this.chairs): Promise<SignedDirectoryChange> {
    return signDirectoryChange(
      change,
      signers.map(({ signer }) => signer),
    );
  }

  /** The next change, accepted. */
  async accept(change: DirectoryChange, key: Key): Promise<ReceivedRecord> {
    const signed = await this.sign(change);
    this.directory = await this.directory.apply(signed);
    return this.record(signed, this.directory, key);
  }

  async record(
    change: SignedDirectoryChange,
    at: { version: number; head: string },
    key: Key,
  ): Promise<ReceivedRecord> {
    const event: CloudEvent = {
      specversion: '1.0',
      id: uuid7(),
      source: SERVICE,
      type: directoryChangeAccepted.type,
      subject: DIRECTORY_SUBJECT,
      time: EFFECTIVE,
      datacontenttype: 'application/json',
      realm: 'production',
      producerseq: String(this.offset + 1n),
      data: { header: { audience: '*', version: at.version, head: at.head, change } },
    };
    const { jws } = await signEnvelope(event, key.signer);
    return recordOf(frameEvent(jws), this.offset++);
  }

  get end(): Directory {
    return this.directory;
  }
}

function recordOf(value: Buffer, offset: bigint): ReceivedRecord {
  const appendedAt = new Date('2026-02-01T00:00:00.000Z');
  return { topic: 'directory.events', partition: 0, offset, key: DIRECTORY_SUBJECT, value, headers: {}, appendedAt };
}

describe(DirectoryFollower.name, () => {
  let topic: Topic;
  let own: Key;
  let stranger: Key;

  beforeEach(async () => {
    const chairs = [await newKey(), await newKey()];
    topic = new Topic({ threshold: 2, keys: chairs.map(({ jwk }) => jwk) }, chairs);
    own = await newKey();
    stranger = await newKey();
  });

  /** The three changes that every directory begins with: two services, then the key that signs the events. */
  async function founding(key = own): Promise<ReceivedRecord[]> {
    const records = [];
    for (const change of [service(SERVICE), service(serviceUrnOf('gateway')), keyOf(SERVICE, own)]) {
      records.push(await topic.accept(change, key));
    }
    return records;
  }

  it('folds what it can before the key is known, and proves all of it with the key', async () => {
    const { follower, replica } = topic.follower();
    const [first, second, key] = await founding();
    expect(await follower.follow(first!)).toBe(true);
    await follower.follow(second!);
    expect(follower.isProven).toBe(false);
    await follower.follow(key!);
    expect(follower.isProven).toBe(true);
    expect(replica.current.head).toBe(topic.end.head);
  });

  it('takes a record that comes again', async () => {
    const { follower, replica } = topic.follower();
    const records = await founding();
    for (const record of [...records, ...records]) await follower.follow(record);
    expect(replica.current.version).toBe(3);
  });

  it('refuses a beginning that another key signed, for good', async () => {
    const { follower } = topic.follower();
    const records = await founding(stranger);
    await follower.follow(records[0]!);
    await follower.follow(records[1]!);
    await expect(follower.follow(records[2]!)).rejects.toMatchObject({ code: 'ERR_TRUST_SNAPSHOT' });
    expect(follower.isProven).toBe(false);
  });

  it.each([
    ['nonsense', async () => recordOf(Buffer.from('nonsense'), 9n)],
    [
      'a change without the chairs',
      async () => {
        const lone = await topic.sign(service(serviceUrnOf('requests')), [stranger]);
        return topic.record(lone, { version: 1, head: topic.end.head }, stranger);
      },
    ],
  ])('passes over %s in the beginning, and goes on', async (_what, intrusion) => {
    const { follower, replica } = topic.follower();
    await expect(follower.follow(await intrusion())).rejects.toMatchObject({ row: { disposition: 'park' } });
    for (const record of await founding()) await follower.follow(record);
    expect(replica.current.version).toBe(3);
  });

  it('passes over what another key signed, once its own is known', async () => {
    const { follower, replica } = topic.follower();
    for (const record of await founding()) await follower.follow(record);
    const change = service(serviceUrnOf('requests'));
    const forged = await topic.record(await topic.sign(change), { version: 4, head: topic.end.head }, stranger);
    await expect(follower.follow(forged)).rejects.toMatchObject({ code: 'ERR_TRUST_UNKNOWN_KEY' });
    expect(replica.current.version).toBe(3);
    await follower.follow(await topic.accept(change, own));
    expect(replica.current.version).toBe(4);
  });

  it('believes nothing any more of a service that leaves a version out or signs another head', async () => {
    const { follower } = topic.follower();
    for (const record of await founding()) await follower.follow(record);
    const change = await topic.sign(service(serviceUrnOf('requests')));
    const gap = await topic.record(change, { version: 5, head: topic.end.head }, own);
    const fork = await topic.record(change, { version: 4, head: topic.end.head }, own);
    for (const record of [gap, fork]) {
      await expect(follower.follow(record)).rejects.toMatchObject({ code: 'ERR_TRUST_SNAPSHOT' });
    }
  });
});
