import { type DirectoryChange, participantUrnOf, serviceUrnOf } from '#libs/contracts';
import type { KeystorePublicKey } from '#libs/envelope';
import { AGREEMENTS, SERVICES, type SeededAgreement, type SeededParticipant } from './community.js';

/** A change and whose signatures its kind asks for: the root, or every one of these participants. */
export interface FoundingChange {
  readonly change: DirectoryChange;
  readonly signedBy: 'root' | readonly string[];
}

export interface FoundingFacts {
  readonly participants: readonly SeededParticipant[];
  /** Public keys by the URN of their owner. */
  readonly keys: ReadonlyMap<string, readonly KeystorePublicKey[]>;
  /** Text of the policy that says whose checkpoints are believed. */
  readonly logPolicy: string;
  /** Officers' pseudonyms by log-in name. */
  readonly pseudonyms: ReadonlyMap<string, string>;
  /** Moment from which everything holds. */
  readonly now: Date;
  readonly newId: () => string;
}

const YEARS_VALID = 5;

export const agencyUrnOf = (participant: string, name: string): string => `urn:serai:agency:${participant}:${name}`;
export const deskUrnOf = (participant: string, name: string): string => `urn:serai:desk:${participant}:${name}`;

/** Agreements whose parties all take part. */
export function agreementsAmong(participants: readonly SeededParticipant[]): readonly SeededAgreement[] {
  const present = new Set(participants.map(({ id }) => id));
  return AGREEMENTS.filter(({ grants }) => grants.every(({ from, to }) => present.has(from) && present.has(to)));
}

/** The first changes of a directory, in an order in which each finds what it refers to. */
export function foundingChanges(facts: FoundingFacts): FoundingChange[] {
  const changes = new ChangeBuilder(facts);
  return [
    ...facts.participants.map((participant) => changes.admission(participant)),
    ...SERVICES.map((service) => changes.service(service)),
    ...[...facts.keys].flatMap(([owner, keys]) => keys.map((key) => changes.key(owner, key))),
    changes.logPolicy(facts.logPolicy),
    ...facts.participants.flatMap((participant) => changes.organisation(participant)),
    ...agreementsAmong(facts.participants).map((agreement) => changes.agreement(agreement)),
  ];
}

class ChangeBuilder {
  private readonly effectiveFrom: string;
  private readonly validUntil: string;

  constructor(private readonly facts: FoundingFacts) {
    const end = new Date(facts.now);
    end.setUTCFullYear(end.getUTCFullYear() + YEARS_VALID);
    this.effectiveFrom = facts.now.toISOString();
    this.validUntil = end.toISOString();
  }

  private base() {
    return { id: this.facts.newId(), realm: 'production', effectiveFrom: this.effectiveFrom } as const;
  }

  admission({ id, type, name, country, routeRoles }: SeededParticipant): FoundingChange {
    const participant = {
      id: participantUrnOf(id),
      type,
      name,
      routeRoles: [...routeRoles],
      ...(country && { country }),
    };
    return { change: { ...this.base(), kind: 'participant-admitted', participant }, signedBy: 'root' };
  }

  service(name: string): FoundingChange {
    const service = { id: serviceUrnOf(name), name: `Hub service ${name}` };
    return { change: { ...this.base(), kind: 'service-registered', service }, signedBy: 'root' };
  }

  key(owner: string, { use, jwk }: KeystorePublicKey): FoundingChange {
    const key = { owner, use, jwk, validUntil: this.validUntil };
    return { change: { ...this.base(), kind: 'key-registered', key }, signedBy: 'root' };
  }

  logPolicy(policy: string): FoundingChange {
    return { change: { ...this.base(), kind: 'log-policy-set', policy }, signedBy: 'root' };
  }

  /** Agencies, desks and the posted liaison officer: what a participant says of itself. */
  organisation(seeded: SeededParticipant): FoundingChange[] {
    const participant = participantUrnOf(seeded.id);
    const agencies = seeded.agencies.map(({ name, title }): DirectoryChange => {
      const agency = { id: agencyUrnOf(seeded.id, name), participant, name: title };
      return { ...this.base(), kind: 'agency-registered', agency };
    });
    const desks = seeded.desks.map((desk): DirectoryChange => {
      const { timeZone, languages } = seeded;
      const place = { id: deskUrnOf(seeded.id, desk.name), agency: agencyUrnOf(seeded.id, desk.agency), participant };
      const opened = { ...place, kind: desk.kind, name: desk.title, timeZone, languages: [...languages] };
      return { ...this.base(), kind: 'desk-opened', desk: opened };
    });
    const changes = [...agencies, ...desks, ...this.postings(seeded)];
    return changes.map((change) => ({ change, signedBy: isOfSecretariat(change) ? 'root' : [seeded.id] }));
  }

  private postings({ id, officers, agencies, liaisonHost }: SeededParticipant): DirectoryChange[] {
    const officer = officers.find(({ roles }) => roles.includes('LIAISON_OFFICER'));
    const pseudonym = this.facts.pseudonyms.get(officer?.login ?? '');
    const hostIsHere = this.facts.participants.some((participant) => participant.id === liaisonHost);
    if (!pseudonym || !liaisonHost || !hostIsHere) return [];
    const posting = {
      id: this.facts.newId(),
      officer: pseudonym,
      participant: participantUrnOf(id),
      agency: agencyUrnOf(id, agencies[0]?.name ?? ''),
      host: participantUrnOf(liaisonHost),
      until: this.validUntil,
    };
    return [{ ...this.base(), kind: 'posting-made', posting }];
  }

  agreement({ title, legalBasis, grants }: SeededAgreement): FoundingChange {
    const parties = [...new Set(grants.flatMap(({ from, to }) => [from, to]))];
    const agreement = {
      id: this.facts.newId(),
      title,
      legalBasis,
      grants: grants.map(({ from, to, kinds }) => ({
        from: participantUrnOf(from),
        to: participantUrnOf(to),
        kinds: [...kinds],
      })),
      validUntil: this.validUntil,
    };
    return { change: { ...this.base(), kind: 'agreement-recorded', agreement }, signedBy: parties };
  }
}

/** The chairs alone say who is the Secretariat. */
const isOfSecretariat = (change: DirectoryChange): boolean =>
  change.kind === 'desk-opened' && change.desk.kind === 'SECRETARIAT';
