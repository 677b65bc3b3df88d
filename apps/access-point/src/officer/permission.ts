import type { OfficerRole } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import type { Officer } from './officer.js';
import { type Act, PERMISSION_MATRIX } from './permission-matrix.js';

/** What an officer may reach with one act: every leg of the country, legs of some desks, legs assigned to some desks, own acts. */
export interface Reach {
  readonly country: boolean;
  readonly desks: readonly string[];
  readonly assignedDesks: readonly string[];
  readonly ownActs: boolean;
  /** Only together with somebody else; false as soon as one role may act alone. */
  readonly secondPerson: boolean;
}

/** What of a leg decides who may reach it. */
export interface LegPlace {
  readonly ownDesk: string;
  /** Desks that the leg was assigned to inside the country. */
  readonly assignedDesks: readonly string[];
}

/** The reach of all roles of an officer together, or undefined when every one of them is refused. */
export function reachOf(officer: Pick<Officer, 'roles' | 'desks'>, act: Act): Reach | undefined {
  const cells = new Set(
    officer.roles.map((role: OfficerRole) => PERMISSION_MATRIX[act][role]).filter((cell) => cell !== '-'),
  );
  if (cells.size === 0) return undefined;
  return {
    country: cells.has('Y') || cells.has('C') || cells.has('2'),
    desks: cells.has('D') ? officer.desks : [],
    assignedDesks: cells.has('A') ? officer.desks : [],
    ownActs: cells.has('S'),
    secondPerson: cells.has('2') && !cells.has('Y') && !cells.has('C'),
  };
}

/** The reach of an officer, or ERR_OFFICER_FORBIDDEN: by role alone, so the answer says nothing about any leg. */
export function requireReach(officer: Pick<Officer, 'roles' | 'desks'>, act: Act): Reach {
  const reach = reachOf(officer, act);
  if (!reach) throw new SeraiError('ERR_OFFICER_FORBIDDEN', 'None of your roles may do this.', { detail: { act } });
  return reach;
}

/** Whether a leg is within reach. */
export function reaches(reach: Reach, leg: LegPlace): boolean {
  return (
    reach.country ||
    reach.desks.includes(leg.ownDesk) ||
    leg.assignedDesks.some((desk) => reach.assignedDesks.includes(desk))
  );
}
