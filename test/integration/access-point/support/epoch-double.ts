import { generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  type EpochsAnswer,
  LOG_SUBJECT,
  type LoggedStatement,
  logClosed,
  logOpened,
  serviceUrnOf,
} from '#libs/contracts';
import { type LogRecord, leafEntry } from '#libs/evidence';
import { SIGNATURE_TYPE, type SignerKey, serialiseNote, serialiseVerifierKey, signerKey } from '#libs/transparency-log';
import { logPolicyChange } from './community.js';
import { LogDouble } from './log-double.js';
import type { World } from './world.js';

const AUDIT = serviceUrnOf('audit');
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Who signs a statement of audit, and about what; as the honest hub does unless given. */
export interface Saying {
  readonly source?: string;
  readonly header?: object;
}

/** A log of its own name and key, with statements of audit among its leaves; it may be told by any hub. */
export class EpochDouble {
  readonly signer: SignerKey;
  log: LogDouble;
  opened: LoggedStatement | undefined;
  closed: LoggedStatement | undefined;

  constructor(
    private readonly world: World<'rs'>,
    readonly origin: string,
    signer?: SignerKey,
  ) {
    this.signer = signer ?? signerKey(origin, SIGNATURE_TYPE.ED25519, generateKeyPairSync('ed25519').privateKey);
    this.log = new LogDouble(this.signer, '', origin);
  }

  /** Says that it goes on from the newest head of another one, or an older one. */
  async open(previous: EpochDouble, size = previous.log.size, { source, header }: Saying = {}): Promise<this> {
    const checkpoint = (await previous.checkpoint(size)).toString();
    this.opened = await this.append(logOpened.type, source, {
      origin: this.origin,
      previous: { origin: previous.origin, checkpoint },
      openedAt: new Date().toISOString(),
      ...header,
    });
    return this;
  }

  async close(next: string, { source, header }: Saying = {}): Promise<this> {
    const closedAt = new Date().toISOString();
    this.closed = await this.append(logClosed.type, source, { origin: this.origin, next, closedAt, ...header });
    return this;
  }

  grow(count: number): this {
    this.log.grow(Array.from({ length: count }, (_, place) => LETTERS[place % LETTERS.length]).join(''));
    return this;
  }

  /** Cosigned by enough witnesses. */
  async checkpoint(size = this.log.size): Promise<Buffer> {
    const note = await this.log.checkpoint(size);
    const keys = this.world.community.log;
    const lines = await Promise.all(['iq', 'tr', 'bg'].map((member) => keys.cosign(member, note)));
    return serialiseNote({ text: note.text, signatures: [...note.signatures, ...lines] });
  }

  get told(): EpochsAnswer['logs'][number] {
    const { origin, opened, closed } = this;
    return { origin, ...(opened ? { opened } : {}), ...(closed ? { closed } : {}) };
  }

  private async append(type: string, source = AUDIT, header: object): Promise<LoggedStatement> {
    const data = { header: { audience: '*', ...header } };
    const signed = await this.world.community.sign({ source, type, subject: LOG_SUBJECT, data }, { chained: false });
    const record: LogRecord = {
      acceptedAt: new Date().toISOString(),
      id: signed.event.id,
      messageHash: signed.sha256,
      offset: '0',
      partition: 0,
      producer: source,
      topic: 'audit.epochs',
      type,
    };
    const salt = randomBytes(32);
    const index = this.log.size;
    this.log.append(leafEntry(record, salt));
    return { envelope: signed.jws, leaf: { index, record, salt: salt.toString('base64url') } };
  }
}

/** The chairs set a policy of these logs, with the witnesses that there are. */
export async function nameLogs(world: World<'rs'>, logs: readonly EpochDouble[]): Promise<void> {
  const lines = world.community.log.policy.split('\n').filter((line) => !line.startsWith('log '));
  const named = logs.map(({ signer }) => `log ${serialiseVerifierKey(signer.key)}`);
  await world.community.change(logPolicyChange([...named, ...lines].join('\n')));
}

/** The hub publishes the last of these logs, and serves the others below their names. */
export async function publishLogs(world: World<'rs'>, logs: readonly EpochDouble[]): Promise<void> {
  const { hub } = world;
  hub.earlierLogs.clear();
  for (const { origin, log } of logs)
    hub.earlierLogs.set(origin, { checkpoint: undefined, tile: (path) => log.tile(path) });
  const newest = logs.at(-1)!;
  hub.log = { checkpoint: await newest.checkpoint(), tile: (path) => newest.log.tile(path) };
  hub.epochs = { logs: logs.map(({ told }) => told).toReversed() };
}
