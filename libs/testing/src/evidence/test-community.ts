import { generateKeyPairSync } from 'node:crypto';
import { v7 } from 'uuid';
import {
  type DirectoryChange,
  directoryChange,
  directorySnapshotPublished,
  type PublicJwk,
  participantUrnOf,
  publicJwk,
  type Realm,
  type SignedDirectoryChange,
  serviceUrnOf,
} from '#libs/contracts';
import { type Signer, signEnvelope, signerFromJwk } from '#libs/envelope';
import { Directory, type RootKeys, signDirectoryChange } from '#libs/trust';

export const FOUNDED = '2026-01-01T00:00:00.000Z';
const EXPIRY = '2031-01-01T00:00:00.000Z';
export const AGREEMENT = '01890000-0000-7000-8000-00000000a9e1';

/** Somebody who can sign. */
export interface Party {
  readonly urn: string;
  readonly signer: Signer;
  readonly jwk: PublicJwk;
}

export async function newParty(urn: string): Promise<Party> {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const { kty, crv, x } = jwk;
  return { urn, signer: await signerFromJwk(jwk), jwk: publicJwk.parse({ kty, crv, x }) };
}

/** Serbia and Iraq, the services of a hub, and three chairs of whom two must sign; every key is real. */
export class TestCommunity {
  private constructor(
    private readonly chairs: readonly Party[],
    readonly rs: Party,
    readonly iq: Party,
    readonly gateway: Party,
    readonly requests: Party,
    readonly directoryService: Party,
    readonly audit: Party,
    readonly realm: Realm,
  ) {}

  /** Changes so far, each signed by two chairs. */
  readonly changes: SignedDirectoryChange[] = [];

  static async found(logPolicy: string, realm: Realm = 'production'): Promise<TestCommunity> {
    const chairs = await Promise.all(['one', 'two', 'three'].map(newParty));
    const [rs, iq] = [await newParty(participantUrnOf('rs')), await newParty(participantUrnOf('iq'))];
    const [gateway, requests] = [await newParty(serviceUrnOf('gateway')), await newParty(serviceUrnOf('requests'))];
    const [directory, audit] = [await newParty(serviceUrnOf('directory')), await newParty(serviceUrnOf('audit'))];
    const community = new TestCommunity(chairs, rs, iq, gateway, requests, directory, audit, realm);
    for (const change of community.#founding(logPolicy)) await community.add(change);
    return community;
  }

  get roots(): RootKeys {
    return { threshold: 2, keys: this.chairs.map(({ jwk }) => jwk) };
  }

  /** Makes a change part of the directory. */
  async add(change: Record<string, unknown>, chairs = this.chairs.slice(0, 2)): Promise<void> {
    const made = directoryChange.parse({ id: v7(), realm: this.realm, effectiveFrom: FOUNDED, ...change });
    this.changes.push(await signDirectoryChange(made as DirectoryChange, await this.#signersOf(made, chairs)));
  }

  /** What the directory service says about the changes so far, as of then. */
  async statement(at: Date, changed: Record<string, unknown> = {}): Promise<string> {
    let directory = Directory.empty(this.realm, this.roots);
    for (const change of this.changes) directory = await directory.apply(change);
    const { version, head } = directory;
    const event = {
      specversion: '1.0' as const,
      id: v7(),
      source: this.directoryService.urn,
      type: directorySnapshotPublished.type,
      subject: '01890000-0000-7000-8000-000000000001',
      time: at.toISOString(),
      datacontenttype: 'application/json' as const,
      realm: this.realm,
      data: { header: { audience: '*', version, head, ...changed } },
    };
    return (await signEnvelope(event, this.directoryService.signer)).jws;
  }

  async #signersOf(change: DirectoryChange, chairs: readonly Party[]): Promise<Signer[]> {
    const parties = change.kind === 'agreement-recorded' ? [this.rs, this.iq] : chairs;
    return parties.map(({ signer }) => signer);
  }

  #founding(policy: string): Record<string, unknown>[] {
    const participants = [this.rs, this.iq];
    const services = [this.gateway, this.requests, this.directoryService, this.audit];
    return [
      ...participants.map(({ urn }) => ({
        kind: 'participant-admitted',
        participant: { id: urn, type: 'MEMBER', name: NAMES[urn], country: countryOf(urn), routeRoles: [] },
      })),
      ...services.map(({ urn }) => ({ kind: 'service-registered', service: { id: urn, name: urn.split(':').at(-1) } })),
      ...[...participants, ...services].map(({ urn, jwk }) => ({
        kind: 'key-registered',
        key: { owner: urn, use: 'sig', jwk, validUntil: EXPIRY },
      })),
      ...participants.flatMap(({ urn }) => placesOf(urn)),
      { kind: 'agreement-recorded', agreement: agreementBetween(this.rs.urn, this.iq.urn) },
      { kind: 'log-policy-set', policy },
    ];
  }
}

const NAMES: Readonly<Record<string, string>> = {
  [participantUrnOf('rs')]: 'Serbia (invented)',
  [participantUrnOf('iq')]: 'Iraq (invented)',
};

const countryOf = (participant: string): string => participant.slice(-2).toUpperCase();

function placesOf(participant: string): Record<string, unknown>[] {
  const id = participant.split(':').at(-1);
  const agency = `urn:serai:agency:${id}:police`;
  const desk = { id: `urn:serai:desk:${id}:ncc`, agency, participant, kind: 'NCC', name: 'NCC' };
  return [
    { kind: 'agency-registered', agency: { id: agency, participant, name: 'Police' } },
    { kind: 'desk-opened', desk: { ...desk, timeZone: 'Europe/Belgrade', languages: ['sr'] } },
  ];
}

function agreementBetween(from: string, to: string): Record<string, unknown> {
  const grants = [{ from, to, kinds: ['IDENTITY'] }];
  return { id: AGREEMENT, title: 'Memorandum rs-iq (invented)', legalBasis: 'MEMORANDUM', grants, validUntil: EXPIRY };
}
