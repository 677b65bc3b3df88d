import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { v7 as uuid7 } from 'uuid';
import {
  allTopics,
  type CloudEvent,
  DIRECTORY_SUBJECT,
  type DirectoryChange,
  directoryChangeAccepted,
  legAcknowledged,
  OPERATIONS,
  participantUrnOf,
  type Realm,
  type SignedDirectoryChange,
  serviceUrnOf,
} from '#libs/contracts';
import {
  createKeystore,
  frameEvent,
  type Keystore,
  type SignedEnvelope,
  type Signer,
  signCallerToken,
  signEnvelope,
  signerFromJwk,
  signOperatorToken,
} from '#libs/envelope';
import type { HubSettings } from '#libs/hub';
import { createTopics, DEFAULT_KAFKA_CLIENT, KafkaRecordProducer } from '#libs/messaging';
import { RecordingLogger, testBrokers, testTopicPrefix } from '#libs/testing';
import { SIGNATURE_TYPE, verifierKeyOf } from '#libs/transparency-log';
import { Directory, logPolicyText, type RootKeys, signDirectoryChange } from '#libs/trust';

const LOG_ORIGIN = 'hub.example/audit/2026';
const LOG_SIGNER = 'log-signer';
const witnessOf = (member: string) => `${member}.witness`;

const PASSPHRASE = 'passphrase of a test';
const YEAR_MS = 365 * 24 * 3600 * 1000;

/** A member of the community with its keys, able to sign as its access point would. */
export interface Member {
  readonly urn: string;
  readonly keystore: Keystore;
}

/** What signs the log and what cosigns it. */
interface LogKeys {
  /** Name of the log. */
  readonly origin: string;
  readonly signer: Keystore;
  /** By member. */
  readonly witnesses: Readonly<Record<string, Keystore>>;
  /** Text of the policy that names them. */
  readonly policy: string;
}

/** What a test of a hub service needs around it: root keys, members, keystores of services, topics with a prefix of their own. */
export class HubCommunity {
  private sequences = new Map<string, { number: number; previous: string | undefined }>();

  private constructor(
    readonly realm: Realm,
    readonly folder: string,
    readonly topicPrefix: string,
    readonly roots: RootKeys,
    private readonly rootSigners: readonly Signer[],
    readonly members: Readonly<Record<string, Member>>,
    readonly services: Readonly<Record<string, Keystore>>,
    readonly genesis: readonly SignedDirectoryChange[],
    /** Keys of the log and of the members' witnesses, for a community with the service `audit`. */
    readonly log: LogKeys | undefined,
  ) {}

  static async found(memberIds: readonly string[], serviceNames: readonly string[]): Promise<HubCommunity> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'serai-hub-'));
    const rootKeys = await Promise.all([1, 2, 3].map(() => newSigningKey()));
    const rootSigners = await Promise.all(rootKeys.map(({ secret }) => signerFromJwk(secret)));
    const roots = { threshold: 2, keys: rootKeys.map(({ open }) => open) } as RootKeys;
    const keystoreOf = (name: string) => createKeystore(path.join(folder, `${name}.jwe`), PASSPHRASE);
    const members: Record<string, Member> = {};
    for (const id of memberIds) members[id] = { urn: participantUrnOf(id), keystore: await keystoreOf(`member-${id}`) };
    const services: Record<string, Keystore> = {};
    for (const name of serviceNames) services[name] = await keystoreOf(name);
    const log = serviceNames.includes('audit') ? await makeLogKeys(memberIds, keystoreOf) : undefined;
    const changes = [
      ...Object.keys(members).map(admission),
      ...Object.keys(services).map(registration),
      ...Object.entries(services).flatMap(([name, keystore]) => keysOf(serviceUrnOf(name), keystore)),
      ...Object.values(members).flatMap(({ urn, keystore }) => keysOf(urn, keystore)),
      ...(log ? [policySetting(log.policy)] : []),
    ];
    const signed = await Promise.all(changes.map((change) => signDirectoryChange(change, rootSigners.slice(0, 2))));
    await writeFile(path.join(folder, 'roots.json'), JSON.stringify(roots));
    await writeFile(path.join(folder, 'genesis.json'), JSON.stringify(signed));
    const prefix = testTopicPrefix();
    return new HubCommunity('production', folder, prefix, roots, rootSigners, members, services, signed, log);
  }

  /** Settings of a service of this hub, on any free port. */
  settings(service: string, postgresUrl: string): HubSettings {
    return {
      service,
      app: { host: '127.0.0.1', port: 0, logLevel: 'fatal', endWithParent: false },
      realm: this.realm,
      postgresUrl,
      brokers: testBrokers(),
      topicPrefix: this.topicPrefix,
      kafkaClient: DEFAULT_KAFKA_CLIENT,
      rootKeysPath: path.join(this.folder, 'roots.json'),
      keystore: { path: path.join(this.folder, `${service}.jwe`), passphrase: PASSPHRASE },
    };
  }

  /** File of the keystore with the log's key, and what opens it. */
  get logKeystore(): HubSettings['keystore'] {
    return { path: path.join(this.folder, `${LOG_SIGNER}.jwe`), passphrase: PASSPHRASE };
  }

  get genesisPath(): string {
    return path.join(this.folder, 'genesis.json');
  }

  member(id: string): Member {
    const member = this.members[id];
    if (!member) throw new Error(`${id} is no member`);
    return member;
  }

  connection() {
    const logger = new RecordingLogger();
    return { brokers: testBrokers(), clientId: 'test', topicPrefix: this.topicPrefix, logger };
  }

  async createTopics(): Promise<void> {
    await createTopics({ ...this.connection(), topics: allTopics() });
  }

  /** Signs a change as two of the three chairs. */
  change(change: DirectoryChange): Promise<SignedDirectoryChange> {
    return signDirectoryChange(change, this.rootSigners.slice(0, 2));
  }

  /** Does the directory service's part: publishes changes as accepted, from the first. */
  async publishDirectory(changes: readonly SignedDirectoryChange[] = this.genesis): Promise<void> {
    let directory = Directory.empty(this.realm, this.roots);
    for (const change of changes) directory = await this.publishChange(directory, change);
  }

  /** Publishes one more change as accepted; resolves to the directory with it. */
  async publishChange(before: Directory, change: SignedDirectoryChange): Promise<Directory> {
    const directory = await before.apply(change);
    const { version, head } = directory;
    const header = { audience: '*', version, head, change };
    const source = serviceUrnOf('directory');
    const event = this.chained({ source, type: directoryChangeAccepted.type, subject: DIRECTORY_SUBJECT, header });
    await this.publishEvent('directory.events', await this.sign(event, this.services['directory']!));
    return directory;
  }

  /** Puts an event on its topic, as its service would. */
  async publishEvent(topic: string, event: SignedEnvelope, cause?: string): Promise<void> {
    const producer = new KafkaRecordProducer(this.connection());
    await producer.connect();
    try {
      await producer.send({ topic, key: event.event.subject, value: frameEvent(event.jws, cause) });
    } finally {
      await producer.disconnect();
    }
  }

  /** An event of a producer, with the next number of its chain. */
  chained(draft: { source: string; type: string; subject: string; header: object; cause?: string }): CloudEvent {
    const place = this.sequences.get(draft.source) ?? { number: 0, previous: undefined };
    place.number += 1;
    this.sequences.set(draft.source, place);
    return {
      specversion: '1.0',
      id: uuid7(),
      source: draft.source,
      type: draft.type,
      subject: draft.subject,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      realm: this.realm,
      producerseq: String(place.number),
      ...(place.previous ? { producerprev: place.previous } : {}),
      data: { header: { ...draft.header }, ...(draft.cause ? { cause: draft.cause } : {}) },
    };
  }

  async sign(event: CloudEvent, keystore: Keystore): Promise<SignedEnvelope> {
    const signed = await signEnvelope(event, keystore.signer());
    const place = this.sequences.get(event.source);
    if (place) place.previous = signed.sha256;
    return signed;
  }

  /** A small valid submission: `from` acknowledges a leg of `to`. `overrides` go over the event's attributes. */
  async submission(from: string, to: string, overrides: Partial<CloudEvent> = {}): Promise<SignedEnvelope> {
    const legId = uuid7();
    const sender = { participant: this.member(from).urn, desk: `urn:serai:desk:${from}:ncc` };
    const recipient = { participant: this.member(to).urn, desk: `urn:serai:desk:${to}:ncc` };
    const header = { requestId: uuid7(), legId, sender, recipient };
    const event = this.chained({ source: sender.participant, type: legAcknowledged.type, subject: legId, header });
    return this.sign({ ...event, ...overrides }, this.member(from).keystore);
  }

  /** Header value with which a member calls a service. */
  async authorization(id: string, service: string, now = new Date()): Promise<string> {
    const { urn, keystore } = this.member(id);
    const token = await signCallerToken({ participant: urn, audience: serviceUrnOf(service), now }, keystore.signer());
    return `Bearer ${token}`;
  }

  /** The same of an operator of the hub, or of somebody who signs as one. */
  async operatorAuthorization(service: string, keystore = this.services[OPERATIONS]): Promise<string> {
    return `Bearer ${await signOperatorToken(serviceUrnOf(service), new Date(), keystore!.signer())}`;
  }

  async dissolve(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

/** Every member is a witness. */
async function makeLogKeys(members: readonly string[], make: (name: string) => Promise<Keystore>): Promise<LogKeys> {
  const signer = await make(LOG_SIGNER);
  const witnesses: Record<string, Keystore> = {};
  for (const member of members) witnesses[member] = await make(witnessOf(member));
  const cosigners = Object.entries(witnesses).map(
    ([member, keystore]) => [member, noteKey(witnessOf(member), SIGNATURE_TYPE.COSIGNATURE_V1, keystore)] as const,
  );
  const log = noteKey(LOG_ORIGIN, SIGNATURE_TYPE.ED25519, signer);
  return { origin: LOG_ORIGIN, signer, witnesses, policy: logPolicyText({ log, witnesses: new Map(cosigners) }) };
}

function noteKey(name: string, type: number, keystore: Keystore) {
  const signing = keystore.publicKeys().find(({ use }) => use === 'sig');
  return verifierKeyOf(name, type, Buffer.from(signing?.jwk.x ?? '', 'base64url'));
}

async function newSigningKey(): Promise<{ secret: JWK; open: JWK }> {
  const pair = await generateKeyPair('Ed25519', { extractable: true });
  const open = await exportJWK(pair.publicKey);
  return { secret: await exportJWK(pair.privateKey), open: { kty: open.kty, crv: open.crv, x: open.x } as JWK };
}

function base() {
  return { id: uuid7(), realm: 'production', effectiveFrom: new Date(Date.now() - 60_000).toISOString() } as const;
}

function admission(id: string): DirectoryChange {
  const participant = { id: participantUrnOf(id), type: 'MEMBER', name: `Member ${id} (synthetic)`, routeRoles: [] };
  return { ...base(), kind: 'participant-admitted', participant } as DirectoryChange;
}

function policySetting(policy: string): DirectoryChange {
  return { ...base(), kind: 'log-policy-set', policy };
}

function registration(name: string): DirectoryChange {
  return { ...base(), kind: 'service-registered', service: { id: serviceUrnOf(name), name: `Service ${name}` } };
}

function keysOf(owner: string, keystore: Keystore): DirectoryChange[] {
  const validUntil = new Date(Date.now() + YEAR_MS).toISOString();
  return keystore
    .publicKeys()
    .map(({ use, jwk }) => ({ ...base(), kind: 'key-registered', key: { owner, use, jwk, validUntil } }));
}
