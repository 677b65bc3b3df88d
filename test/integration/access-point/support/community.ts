import { exportJWK, generateKeyPair } from 'jose';
import { v7 } from 'uuid';
import {
  type CloudEvent,
  type DirectoryChange,
  type PublicJwk,
  participantUrnOf,
  type RequestKind,
  type SignedDirectoryChange,
  serviceUrnOf,
} from '#libs/contracts';
import {
  generateKeystore,
  type Keystore,
  type KeystoreDocument,
  type SignedEnvelope,
  type Signer,
  signEnvelope,
  signerFromJwk,
} from '#libs/envelope';
import { Directory, type RootKeys, signDirectoryChange } from '#libs/trust';
import { LogKeys } from './log-keys.js';
import { openDocument } from './open-document.js';

const YEAR_MS = 365 * 24 * 3600 * 1000;
const MEMBERS = ['rs', 'iq', 'tr', 'bg'] as const;
const SERVICES = ['gateway', 'directory', 'requests', 'notifications', 'audit'] as const;
const DESKS = ['ncc', 'liaison', 'investigation', 'border'] as const;

/** All desks but the border post belong to the police; that one has an agency of its own. */
const DESK_KINDS = { ncc: 'NCC', liaison: 'LIAISON', investigation: 'INVESTIGATION', border: 'BORDER_POST' } as const;

export type MemberId = (typeof MEMBERS)[number];
export type ServiceName = (typeof SERVICES)[number];

export const urnOf = (member: MemberId): string => participantUrnOf(member);
export const deskOf = (member: MemberId, desk: (typeof DESKS)[number] = 'ncc'): string =>
  `urn:serai:desk:${member}:${desk}`;

/** Root keys, members with desks and keys, services with keys, and agreements: rs may ask iq and tr, both may ask rs; nobody may ask bg. */
export class Community {
  private readonly chains = new Map<string, { sequence: number; previous?: string }>();

  private constructor(
    readonly roots: RootKeys,
    private readonly chairs: readonly Signer[],
    private readonly keystores: ReadonlyMap<string, Keystore>,
    private readonly documents: ReadonlyMap<string, KeystoreDocument>,
    public directory: Directory,
    readonly log: LogKeys,
  ) {}

  static async found(): Promise<Community> {
    const chairs = await Promise.all([1, 2, 3].map(() => newRootKey()));
    const roots: RootKeys = { threshold: 2, keys: chairs.map(({ open }) => open) };
    const signers = chairs.map(({ signer }) => signer);
    const owners = [...MEMBERS.map(participantUrnOf), ...SERVICES.map(serviceUrnOf)];
    const keystores = new Map<string, Keystore>();
    const documents = new Map<string, KeystoreDocument>();
    for (const owner of owners) {
      const document = await generateKeystore();
      documents.set(owner, document);
      keystores.set(owner, await openDocument(document));
    }
    const log = await LogKeys.make(MEMBERS);
    const directory = Directory.empty('production', roots);
    const community = new Community(roots, signers, keystores, documents, directory, log);
    for (const change of foundingChanges(keystores)) await community.change(change);
    await community.change(logPolicyChange(log.policy));
    return community;
  }

  keystore(owner: string): Keystore {
    const keystore = this.keystores.get(owner);
    if (!keystore) throw new Error(`${owner} has no keystore`);
    return keystore;
  }

  /** The keys of an owner, to be written to a file. */
  keystoreDocument(owner: string): KeystoreDocument {
    const document = this.documents.get(owner);
    if (!document) throw new Error(`${owner} has no keystore`);
    return document;
  }

  /** Signs a change as two chairs, or as every party of an agreement, and makes it part of the directory. */
  async change(change: DirectoryChange): Promise<SignedDirectoryChange> {
    const parties =
      change.kind === 'agreement-recorded' ? change.agreement.grants.flatMap(({ from, to }) => [from, to]) : undefined;
    const signers = parties ? [...new Set(parties)].map((urn) => this.keystore(urn).signer()) : this.chairs.slice(0, 2);
    const signed = await signDirectoryChange(change, signers);
    this.directory = await this.directory.apply(signed);
    return signed;
  }

  /** A change with the signatures of so many chairs; no part of the directory yet. */
  signedByChairs(change: DirectoryChange, count = 2): Promise<SignedDirectoryChange> {
    return signDirectoryChange(change, this.chairs.slice(0, count));
  }

  /** Signs an event of a producer, with the next number of its chain unless it is a point-to-point answer. */
  async sign(
    draft: DraftOf,
    { signer, chained = true }: { signer?: Signer; chained?: boolean } = {},
  ): Promise<SignedEnvelope> {
    const chain = this.chains.get(draft.source) ?? { sequence: 0 };
    const place = chained
      ? { producerseq: String(chain.sequence + 1), ...(chain.previous ? { producerprev: chain.previous } : {}) }
      : {};
    const event: CloudEvent = {
      specversion: '1.0',
      id: draft.id ?? v7(),
      source: draft.source,
      type: draft.type,
      subject: draft.subject,
      time: draft.time ?? new Date().toISOString(),
      datacontenttype: 'application/json',
      realm: 'production',
      ...place,
      data: draft.data as CloudEvent['data'],
    };
    const signed = await signEnvelope(event, signer ?? this.keystore(draft.source).signer());
    if (chained) this.chains.set(draft.source, { sequence: chain.sequence + 1, previous: signed.sha256 });
    return signed;
  }
}

/** What of an event differs from one to the next. */
export interface DraftOf {
  readonly id?: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time?: string;
  readonly data: { readonly header: object; readonly content?: unknown; readonly cause?: string };
}

const LONG_AGO = new Date(Date.now() - 600_000).toISOString();

/** A base of a change that has held for some minutes. */
export function changeBase() {
  return { id: v7(), realm: 'production', effectiveFrom: LONG_AGO } as const;
}

async function newRootKey(): Promise<{ signer: Signer; open: PublicJwk }> {
  const pair = await generateKeyPair('Ed25519', { extractable: true });
  const { kty, crv, x } = await exportJWK(pair.publicKey);
  return { signer: await signerFromJwk(await exportJWK(pair.privateKey)), open: { kty, crv, x } as PublicJwk };
}

function foundingChanges(keystores: ReadonlyMap<string, Keystore>): DirectoryChange[] {
  const members = MEMBERS.map((id): DirectoryChange => {
    const name = `Member ${id} (synthetic)`;
    const participant = { id: urnOf(id), type: 'MEMBER' as const, name, country: id.toUpperCase(), routeRoles: [] };
    return { ...changeBase(), kind: 'participant-admitted', participant };
  });
  const services = SERVICES.map((name): DirectoryChange => {
    return { ...changeBase(), kind: 'service-registered', service: { id: serviceUrnOf(name), name } };
  });
  const keys = [...keystores].flatMap(([owner, keystore]) => keystore.publicKeys().map((key) => keyChange(owner, key)));
  const desks = MEMBERS.flatMap(organisation);
  return [...members, ...services, ...keys, ...desks, agreement('rs', 'iq'), agreement('rs', 'tr')];
}

export function keyChange(owner: string, { use, jwk }: { use: 'sig' | 'enc'; jwk: PublicJwk }): DirectoryChange {
  const validUntil = new Date(Date.now() + YEAR_MS).toISOString();
  return { ...changeBase(), kind: 'key-registered', key: { owner, use, jwk, validUntil } };
}

/** In force for hours, also by a clock that is an hour behind. */
export function logPolicyChange(policy: string): DirectoryChange {
  const effectiveFrom = new Date(Date.now() - 3 * 3_600_000).toISOString();
  return { ...changeBase(), effectiveFrom, kind: 'log-policy-set', policy };
}

function organisation(id: MemberId): DirectoryChange[] {
  const agencies = ['police', 'border'].map((name): DirectoryChange => {
    const agency = { id: `urn:serai:agency:${id}:${name}`, participant: urnOf(id), name: `Agency ${name} of ${id}` };
    return { ...changeBase(), kind: 'agency-registered', agency };
  });
  const desks = DESKS.map((name): DirectoryChange => {
    const desk = {
      id: deskOf(id, name),
      agency: `urn:serai:agency:${id}:${name === 'border' ? 'border' : 'police'}`,
      participant: urnOf(id),
      kind: DESK_KINDS[name],
      name: `Desk ${name}`,
      timeZone: 'Europe/Belgrade',
      languages: ['en'],
    };
    return { ...changeBase(), kind: 'desk-opened', desk };
  });
  return [...agencies, ...desks];
}

export function agreement(one: MemberId, other: MemberId): DirectoryChange {
  const kinds: RequestKind[] = ['IDENTITY', 'WHEREABOUTS', 'VICTIM_ORIGIN_SUPPORT'];
  const [from, to] = [urnOf(one), urnOf(other)];
  return {
    ...changeBase(),
    kind: 'agreement-recorded',
    agreement: {
      id: v7(),
      title: `Memorandum of ${one} and ${other} (synthetic)`,
      legalBasis: 'MEMORANDUM',
      grants: [
        { from, to, kinds },
        { from: to, to: from, kinds },
      ],
      validUntil: new Date(Date.now() + YEAR_MS).toISOString(),
    },
  };
}
