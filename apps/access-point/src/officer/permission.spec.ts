import { ACCESS_POINT_API, type ApiOperationId, type OfficerRole, officerRole } from '#libs/contracts';
import { reaches, reachOf, requireReach } from './permission.js';
import { type Act, PERMISSION_MATRIX } from './permission-matrix.js';

const operations = Object.keys(ACCESS_POINT_API) as ApiOperationId[];
const own = 'urn:serai:desk:iq:ncc';
const other = 'urn:serai:desk:iq:liaison';
const officer = (...roles: OfficerRole[]) => ({ roles, desks: [own] });

describe('PERMISSION_MATRIX', () => {
  it('has a cell for every role and every operation', () => {
    expect(Object.keys(PERMISSION_MATRIX).sort()).toEqual(
      [...operations, 'refuseOnSensitiveGround', 'askCountryOfNationality'].sort(),
    );
    for (const row of Object.values(PERMISSION_MATRIX)) {
      expect(Object.keys(row)).toEqual(officerRole.options);
      for (const cell of Object.values(row)) expect(['Y', 'D', 'C', 'A', 'S', '2', '-']).toContain(cell);
    }
  });

  it.each(operations)('lets the roles do %s that the API names, and no other', (id) => {
    const named: readonly OfficerRole[] = ACCESS_POINT_API[id].roles;
    const allowed = officerRole.options.filter((role) => PERMISSION_MATRIX[id][role] !== '-');
    expect(allowed).toEqual(officerRole.options.filter((role) => named.includes(role)));
  });

  it('lets only supervisors refuse on a sensitive ground, and never alone', () => {
    for (const act of ['refuseOnSensitiveGround', 'countersignRefusal'] as const) {
      for (const role of officerRole.options) {
        expect(PERMISSION_MATRIX[act][role]).toBe(role === 'NCC_SUPERVISOR' ? '2' : '-');
      }
    }
  });
});

describe(reachOf.name, () => {
  const cases: [OfficerRole, Act, { ownDesk: string; assignedDesks: string[] }, boolean][] = [
    ['LIAISON_OFFICER', 'readContent', { ownDesk: own, assignedDesks: [] }, true],
    ['LIAISON_OFFICER', 'readContent', { ownDesk: other, assignedDesks: [own] }, false],
    ['NCC_DUTY_OFFICER', 'readContent', { ownDesk: other, assignedDesks: [] }, true],
    ['INVESTIGATOR', 'readContent', { ownDesk: own, assignedDesks: [] }, false],
    ['INVESTIGATOR', 'readContent', { ownDesk: other, assignedDesks: [own] }, true],
    ['ANALYST', 'readContent', { ownDesk: other, assignedDesks: [other] }, false],
    ['AUDITOR', 'getProof', { ownDesk: other, assignedDesks: [] }, true],
  ];

  it.each(cases)('%s, %s, leg %j: %s', (role, act, leg, expected) => {
    expect(reaches(reachOf(officer(role), act)!, leg)).toBe(expected);
  });

  it('is the reach of all roles together', () => {
    const reach = reachOf(officer('LIAISON_OFFICER', 'INVESTIGATOR'), 'readContent')!;
    expect(reaches(reach, { ownDesk: own, assignedDesks: [] })).toBe(true);
    expect(reaches(reach, { ownDesk: other, assignedDesks: [own] })).toBe(true);
    expect(reaches(reach, { ownDesk: other, assignedDesks: [] })).toBe(false);
  });

  it('is nothing for a role that is refused, and for nobody', () => {
    expect(reachOf(officer('HUB_OPERATOR'), 'readContent')).toBeUndefined();
    expect(reachOf(officer('INVESTIGATOR'), 'submitRequest')).toBeUndefined();
    expect(reachOf(officer(), 'getOfficer')).toBeUndefined();
    expect(() => requireReach(officer('CHAIR'), 'listLegs')).toThrow(
      expect.objectContaining({ code: 'ERR_OFFICER_FORBIDDEN' }),
    );
  });

  it('asks for a second person unless one of the roles may act alone', () => {
    expect(reachOf(officer('LIAISON_OFFICER'), 'askCountryOfNationality')).toMatchObject({ secondPerson: true });
    expect(reachOf(officer('NCC_DUTY_OFFICER'), 'askCountryOfNationality')).toMatchObject({ secondPerson: true });
    expect(reachOf(officer('LIAISON_OFFICER', 'NCC_SUPERVISOR'), 'askCountryOfNationality')).toMatchObject({
      secondPerson: false,
    });
  });

  it('keeps the access log of others from a liaison officer', () => {
    expect(reachOf(officer('LIAISON_OFFICER'), 'listAccessLog')).toMatchObject({ country: false, ownActs: true });
    expect(reachOf(officer('AUDITOR'), 'listAccessLog')).toMatchObject({ country: true });
  });
});
