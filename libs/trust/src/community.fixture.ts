import { generateKeyPairSync } from 'node:crypto';
import { v7 } from 'uuid';
import {
  type DirectoryChange,
  directoryChange,
  type PublicJwk,
  participantUrnOf,
  publicJwk,
  type SignedDirectoryChange,
  serviceUrnOf,
} from '#libs/contracts';
import { type SignatureAlgorithm, type Signer, signerFromJwk } from '#libs/envelope';
import { SIGNATURE_TYPE, serialiseVerifierKey, signerKey } from '#libs/transparency-log';
import { type ChangeKind, type ChangeOf, Directory, type RootKeys, signDirectoryChange } from './index.js';

export const RS = participantUrnOf('rs');
export const IQ = participantUrnOf('iq');
export const TR = participantUrnOf('tr');
export const DIRECTORY_SERVICE = serviceUrnOf('directory');

export const FOUNDED = '2026-01-01T00:00:00.000Z';
export const LATER = '2026-06-01T00:00:00.000Z';
export const EXPIRY = '2031-01-01T00:00:00.000Z';
export const AGREEMENT = '01890000-0000-7000-8000-00000000a9e1';

/** Somebody with a signing key. */
export interface Holder {
  readonly signer: Signer;
  readonly jwk: PublicJwk;
}

export async function newHolder(alg: SignatureAlgorithm = 'Ed25519'): Promise<Holder> {
  const { privateKey } =
    alg === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = privateKey.export({ format: 'jwk' });
  const { kty, crv, x, y } = jwk;
  return {
    signer: await signerFromJwk(jwk),
    jwk: publicJwk.parse(y === undefined ? { kty, crv, x } : { kty, crv, x, y }),
  };
}

export function newEncryptionJwk(): PublicJwk {
  return publicJwk.parse(generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }));
}

/** A change with its common members filled in: production, from the founding on, a new id. */
export function change<K extends ChangeKind>(
  kind: K,
  body: Omit<ChangeOf<K>, 'kind' | 'id' | 'realm' | 'effectiveFrom'> & Partial<ChangeOf<K>>,
): DirectoryChange {
  return directoryChange.parse({ id: v7(), realm: 'production', effectiveFrom: FOUNDED, kind, ...body });
}

export const admission = (id: string, type: 'MEMBER' | 'SUSPENDED' = 'MEMBER', effectiveFrom = FOUNDED) =>
  change('participant-admitted', { effectiveFrom, participant: { id, type, name: id, routeRoles: [] } });
export const keyOf = (owner: string, jwk: PublicJwk, use: 'sig' | 'enc' = 'sig', validUntil = EXPIRY) =>
  change('key-registered', { key: { owner, use, jwk, validUntil } });
export const agency = (participant: string, name = 'police') => {
  const id = `urn:serai:agency:${participant.split(':')[3]}:${name}`;
  return change('agency-registered', { agency: { id, participant, name } });
};
export const desk = (participant: string, name = 'ncc', effectiveFrom = FOUNDED) => {
  const country = participant.split(':')[3];
  return change('desk-opened', {
    effectiveFrom,
    desk: {
      id: `urn:serai:desk:${country}:${name}`,
      agency: `urn:serai:agency:${country}:police`,
      participant,
      kind: 'NCC',
      name,
      timeZone: 'Europe/Belgrade',
      languages: ['sr'],
    },
  });
};
export const agreement = (grants: ChangeOf<'agreement-recorded'>['agreement']['grants'], id = AGREEMENT) =>
  change('agreement-recorded', {
    agreement: { id, title: 'Police cooperation', legalBasis: 'TREATY', grants, validUntil: EXPIRY },
  });
export const keyStatus = (kid: string, status: 'RETIRED' | 'COMPROMISED', effectiveFrom = LATER) =>
  change('key-status-changed', { kid, status, effectiveFrom });

export const posting = (host: string, participant = RS, until = EXPIRY) =>
  change('posting-made', {
    posting: {
      id: '01890000-0000-7000-8000-00000000b057',
      officer: 'o-3f9a1c2e',
      participant,
      agency: 'urn:serai:agency:rs:police',
      host,
      until,
    },
  });

/** A fresh key under a name. */
export const freshKey = (name: string, type: number) =>
  signerKey(name, type, generateKeyPairSync('ed25519').privateKey).key;

const verifierKey = (name: string, type: number) => serialiseVerifierKey(freshKey(name, type));

/** A log and so many witnesses, `threshold` of whom must have cosigned; under fresh keys. */
export function logPolicyText(witnesses: number, threshold: number): string {
  const names = Array.from({ length: witnesses }, (_, index) => `w${index + 1}`);
  const lines = names.map((name) => `witness ${name} ${verifierKey(name, SIGNATURE_TYPE.COSIGNATURE_V1)}`);
  const log = `log ${verifierKey('hub.example/audit/2026', SIGNATURE_TYPE.ED25519)}`;
  return `${[log, ...lines, `group all ${threshold} ${names.join(' ')}`, 'quorum all'].join('\n')}\n`;
}

/** Three chairs of whom two must sign, Serbia and Iraq with a key each, and the directory service. */
export class Community {
  private constructor(
    readonly chairs: readonly [Holder, Holder, Holder],
    readonly rs: Holder,
    readonly iq: Holder,
    readonly service: Holder,
  ) {}

  static async found(): Promise<Community> {
    const chairs = [await newHolder(), await newHolder('ES256'), await newHolder()] as const;
    return new Community(chairs, await newHolder(), await newHolder('ES256'), await newHolder());
  }

  get roots(): RootKeys {
    return { threshold: 2, keys: this.chairs.map(({ jwk }) => jwk) };
  }

  get empty(): Directory {
    return Directory.empty('production', this.roots);
  }

  /** Signed by two chairs. */
  byRoot(made: DirectoryChange): Promise<SignedDirectoryChange> {
    return signDirectoryChange(made, [this.chairs[0].signer, this.chairs[1].signer]);
  }

  /** The changes that every test starts from. */
  async foundingChanges(): Promise<SignedDirectoryChange[]> {
    const service = change('service-registered', { service: { id: DIRECTORY_SERVICE, name: 'Directory' } });
    const admissions = [admission(RS), admission(IQ), service];
    const keys = [
      keyOf(RS, this.rs.jwk),
      keyOf(IQ, this.iq.jwk),
      keyOf(RS, newEncryptionJwk(), 'enc'),
      keyOf(DIRECTORY_SERVICE, this.service.jwk),
    ];
    const places = [agency(RS), desk(RS), agency(IQ), desk(IQ)];
    const mutual = agreement([
      { from: RS, to: IQ, kinds: ['IDENTITY', 'WHEREABOUTS'] },
      { from: IQ, to: RS, kinds: ['IDENTITY'] },
    ]);
    return [
      ...(await Promise.all([...admissions, ...keys, ...places].map((made) => this.byRoot(made)))),
      await signDirectoryChange(mutual, [this.rs.signer, this.iq.signer]),
    ];
  }

  async directory(): Promise<Directory> {
    return applyAll(this.empty, await this.foundingChanges());
  }
}

export async function applyAll(start: Directory, changes: readonly SignedDirectoryChange[]): Promise<Directory> {
  let directory = start;
  for (const signed of changes) directory = await directory.apply(signed);
  return directory;
}
