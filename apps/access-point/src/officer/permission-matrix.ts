import type { ApiOperationId, OfficerRole } from '#libs/contracts';

/**
 * One cell of the permission matrix (domain reference D.4): `Y` allowed, `D` for legs of the officer's own desks, `C` for every leg of the
 * own country, `A` for legs assigned to one of the officer's desks, `S` for the officer's own acts, `2` as `C` but only with a second person,
 * `-` refused.
 */
export type Cell = 'Y' | 'D' | 'C' | 'A' | 'S' | '2' | '-';

/**
 * What the matrix rules over: the operations of the API, and what of them has a row of its own: the refusal on a sensitive ground, and the request to the
 * country of a person whose claim to protection is unknown.
 */
export type Act = ApiOperationId | 'refuseOnSensitiveGround' | 'askCountryOfNationality';

const COLUMNS = [
  'LIAISON_OFFICER',
  'NCC_DUTY_OFFICER',
  'NCC_SUPERVISOR',
  'INVESTIGATOR',
  'BORDER_OFFICER',
  'ANALYST',
  'VICTIM_SUPPORT',
  'SECRETARIAT',
  'CHAIR',
  'PARTNER_REPORTER',
  'SECURITY_OFFICER',
  'AUDITOR',
  'HUB_OPERATOR',
] as const satisfies readonly OfficerRole[];

/**
 * The whole permission matrix of this API. Two cells of D.4 are stricter here: an investigator's request goes abroad through the NCC, which sends
 * it; a liaison officer releases no answer, since delegation is not offered.
 */
// biome-ignore format: a table
const ROWS: Readonly<Record<Act, string>> = {
  //                        LO NO NS IV BO AN VS SE CH PR SO AU OP
  getOfficer:              'Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y',
  listParticipants:        'Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y',
  listDesks:               'Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y',
  listRoutes:              'Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y',
  getDirectoryChanges:     'Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y  Y',
  submitRequest:           'Y  Y  Y  -  -  -  -  -  -  -  -  -  -',
  createAttachment:        'Y  Y  Y  -  -  -  -  -  -  -  -  -  -',
  getUpload:               'Y  Y  Y  -  -  -  -  -  -  -  -  -  -',
  sendAttachment:          'Y  Y  Y  -  -  -  -  -  -  -  -  -  -',
  askCountryOfNationality: '2  2  Y  -  -  -  -  -  -  -  -  -  -',
  listRequests:            'D  C  C  -  -  -  -  -  -  -  -  -  -',
  getRequest:              'D  C  C  -  -  -  -  -  -  -  -  -  -',
  listLegs:                'D  C  C  A  -  A  -  -  -  -  -  -  -',
  getLeg:                  'D  C  C  A  -  A  -  -  -  -  -  -  -',
  readContent:             'D  C  C  A  -  A  -  -  -  -  -  -  -',
  getEnvelope:             'D  C  C  A  -  A  -  -  -  -  -  -  -',
  streamEvents:            'D  C  C  A  -  A  -  -  -  -  -  -  -',
  listAssignments:         'D  C  C  A  -  A  -  -  -  -  -  -  -',
  listNotes:               'D  C  C  A  -  A  -  -  -  -  -  -  -',
  downloadAttachment:      'D  C  C  A  -  A  -  -  -  -  -  -  -',
  addNote:                 'D  C  C  A  -  A  -  -  -  -  -  -  -',
  listEscalations:         'D  C  C  A  -  A  -  -  -  -  -  -  -',
  getNudges:               'D  C  C  -  -  -  -  -  -  -  -  -  -',
  setNudges:               '-  -  C  -  -  -  -  -  -  -  -  -  -',
  acknowledgeLeg:          '-  C  C  -  -  -  -  -  -  -  -  -  -',
  assignLeg:               '-  C  C  -  -  -  -  -  -  -  -  -  -',
  askClarification:        '-  C  C  -  -  -  -  -  -  -  -  -  -',
  announceAuthorisation:   '-  C  C  -  -  -  -  -  -  -  -  -  -',
  respond:                 '-  C  C  -  -  -  -  -  -  -  -  -  -',
  refuse:                  '-  C  C  -  -  -  -  -  -  -  -  -  -',
  refuseOnSensitiveGround: '-  -  2  -  -  -  -  -  -  -  -  -  -',
  countersignRefusal:      '-  -  2  -  -  -  -  -  -  -  -  -  -',
  listApprovals:           'S  S  C  -  -  -  -  -  -  -  -  -  -',
  getApproval:             'S  S  C  -  -  -  -  -  -  -  -  -  -',
  withdrawApproval:        'S  S  S  -  -  -  -  -  -  -  -  -  -',
  approve:                 '-  -  2  -  -  -  -  -  -  -  -  -  -',
  reject:                  '-  -  2  -  -  -  -  -  -  -  -  -  -',
  decline:                 '-  C  C  -  -  -  -  -  -  -  -  -  -',
  answerClarification:     'D  C  C  -  -  -  -  -  -  -  -  -  -',
  askReconsideration:      'D  C  C  -  -  -  -  -  -  -  -  -  -',
  closeLeg:                'D  C  C  -  -  -  -  -  -  -  -  -  -',
  withdrawLeg:             'D  C  C  -  -  -  -  -  -  -  -  -  -',
  listKeys:                '-  -  C  -  -  -  -  -  -  -  C  C  -',
  rotateKey:               '-  -  -  -  -  -  -  -  -  -  2  -  -',
  endKey:                  '-  -  2  -  -  -  -  -  -  -  2  -  -',
  submitDirectoryChanges:  '-  -  2  -  -  -  -  C  -  -  2  -  -',
  listDirectoryProposals:  '-  -  C  -  -  -  -  C  -  -  C  C  -',
  getProof:                'D  C  C  -  -  -  -  -  -  -  C  C  -',
  getReceipt:             'D  C  C  -  -  -  -  -  -  -  C  C  -',
  getLog:                  '-  C  C  -  -  -  -  -  -  -  C  C  -',
  acknowledgeLogAlarm:     '-  -  C  -  -  -  -  -  -  -  C  -  -',
  exportEvidence:          'D  C  C  -  -  -  -  -  -  -  C  C  -',
  eraseLeg:               '-  -  C  -  -  -  -  -  -  -  -  -  -',
  holdLeg:                '-  -  C  -  -  -  -  -  -  -  C  -  -',
  releaseHold:            '-  -  C  -  -  -  -  -  -  -  C  -  -',
  listHolds:              '-  -  C  -  -  -  -  -  -  -  C  C  -',
  listAccessLog:           'S  C  C  -  -  -  -  -  -  -  C  C  -',
  searchRecords:           'S  C  C  -  -  -  -  -  -  -  C  C  -',
  exportRecords:           '-  -  -  -  -  -  -  -  -  -  C  C  -',
  proveAccess:             '-  -  -  -  -  -  -  -  -  -  C  C  -',
  resolveOfficer:          '-  -  C  -  -  -  -  -  -  -  C  C  -',
  listAnomalies:           '-  -  -  -  -  -  -  -  -  -  -  C  -',
  getAnomaly:              '-  -  -  -  -  -  -  -  -  -  -  C  -',
  requestJustification:    '-  -  -  -  -  -  -  -  -  -  -  C  -',
  concludeAnomaly:         '-  -  -  -  -  -  -  -  -  -  -  C  -',
  listQuestions:           'S  S  S  S  S  S  S  S  S  S  S  S  S',
  answerQuestion:          'S  S  S  S  S  S  S  S  S  S  S  S  S',
  issueStatistics:         '-  -  -  -  -  -  -  Y  -  -  -  -  -',
  getStatisticsBasis:      '-  -  -  -  -  -  -  Y  -  -  -  Y  -',
};

function cellsOf(row: string): Readonly<Record<OfficerRole, Cell>> {
  const cells = row.split(/\s+/) as Cell[];
  return Object.fromEntries(COLUMNS.map((role, column) => [role, cells[column]])) as Record<OfficerRole, Cell>;
}

/** Act x role -> cell. */
export const PERMISSION_MATRIX = Object.fromEntries(
  Object.entries(ROWS).map(([act, row]) => [act, cellsOf(row)]),
) as Readonly<Record<Act, Readonly<Record<OfficerRole, Cell>>>>;
