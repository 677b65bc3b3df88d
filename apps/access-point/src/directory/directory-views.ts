import type { DeskView, DirectoryChanges, OfficerView, ParticipantView, RequestKind, RouteView } from '#libs/contracts';
import type { Directory } from '#libs/trust';
import type { Officer } from '../officer/officer.js';

/** The officer with those of their desks that the directory knows. */
export function officerView(directory: Directory, participant: string, officer: Officer, at: Date): OfficerView {
  const desks = officer.desks
    .map((urn) => directory.deskAt(urn, at))
    .filter((desk) => desk !== undefined)
    .map(({ id, name, kind }) => ({ desk: id, name, kind }));
  const { subject, name, pseudonym, roles } = officer;
  return { subject, name, participant, pseudonym, roles: [...roles], desks };
}

export function participantViews(directory: Directory, at: Date): ParticipantView[] {
  return directory.participants(at).map(({ id, name, type, country, routeRoles }) => ({
    participant: id,
    name,
    type,
    ...(country === undefined ? {} : { country }),
    routeRoles,
  }));
}

export function deskViews(directory: Directory, participant: string | undefined, at: Date): DeskView[] {
  return directory
    .desks(at)
    .filter((desk) => participant === undefined || desk.participant === participant)
    .map(({ id, agency, participant: owner, kind, name, timeZone, languages }) => ({
      desk: id,
      agency,
      participant: owner,
      kind,
      name,
      timeZone,
      languages,
    }));
}

/** What `from` may ask now, one view per addressee, kind and agreement. */
export function routeViews(
  directory: Directory,
  from: string,
  wanted: { readonly to?: readonly string[]; readonly kind?: RequestKind },
  at: Date,
): RouteView[] {
  return directory
    .routesFrom(from, at)
    .filter(({ to }) => wanted.to?.includes(to) ?? true)
    .flatMap(({ to, kinds, agreement: { id, title, legalBasis, validUntil } }) =>
      kinds
        .filter((kind) => wanted.kind === undefined || kind === wanted.kind)
        .map((kind) => ({ participant: to, kind, agreement: { id, title, legalBasis, validUntil } })),
    );
}

export function directoryChangesView(directory: Directory): DirectoryChanges {
  const { realm, version, head } = directory;
  return { realm, version, head, changes: directory.changes() };
}
