import { readFileSync } from 'node:fs';
import { DEMO_REQUEST } from '#deploy/local';
import { SeraiClient, systemLogin } from '#libs/client';
import {
  ACCESS_POINT_API,
  type ApiOperationId,
  type OfficerRole,
  officerRole,
  requestSubmitted,
} from '#libs/contracts';
import { deskUrnOf } from './support/names.js';
import { refusedAtOnce } from './support/refusal.js';
import { callerOf, madeUp } from './support/tokens.js';
import type { World } from './support/world.js';

/**
 * Rows of the permission matrix (domain reference D.4) that exist, and which operations each rules. Columns: liaison officer, NCC duty officer, NCC
 * supervisor, investigator, border officer, analyst, victim support, secretariat, chair, partner, security officer, auditor, hub operator.
 */
const MATRIX: readonly (readonly [row: string, cells: string, operations: readonly ApiOperationId[]])[] = [
  [
    'Create/send request',
    'YYY----------',
    ['submitRequest', 'createAttachment', 'getUpload', 'sendAttachment', 'listRequests', 'getRequest'],
  ],
  ['Follow and end an own request', 'YYY----------', ['answerClarification', 'askReconsideration', 'closeLeg']],
  [
    'Read leg content addressed to own desk',
    'YYYY-Y-------',
    [
      'listLegs',
      'getLeg',
      'listEscalations',
      'readContent',
      'downloadAttachment',
      'getEnvelope',
      'streamEvents',
      'listAssignments',
      'listNotes',
      'addNote',
    ],
  ],
  ['Acknowledge / assign inside country', '-YY----------', ['acknowledgeLeg', 'assignLeg']],
  ['Answer abroad (release)', '-YY----------', ['respond', 'askClarification', 'announceAuthorisation']],
  ['Refuse with ground', '-YY----------', ['refuse', 'decline']],
  ['Refuse on a sensitive ground, second person', '--Y----------', ['countersignRefusal']],
  [
    'See what waits for a second person, take an own proposal back',
    'YYY----------',
    ['listApprovals', 'getApproval', 'withdrawApproval'],
  ],
  ['Let go what needs a second person', '--Y----------', ['approve', 'reject']],
  ['Withdraw own request', 'YYY----------', ['withdrawLeg']],
  ['How desks are nudged', 'YYY----------', ['getNudges']],
  ['Change policy: how desks are nudged', '--Y----------', ['setNudges']],
  ['Register/rotate own keys, second person', '----------Y--', ['rotateKey']],
  ['Revoke key, second person', '--Y-------Y--', ['endKey']],
  ['Carry signed changes to the hub', '--Y----Y--Y--', ['submitDirectoryChanges']],
  ['See proposals to change the directory', '--Y----Y--YY-', ['listDirectoryProposals']],
  ['See own keys', '--Y-------YY-', ['listKeys']],
  ['See whether the log is trusted', '-YY-------YY-', ['getLog']],
  ['Take note of an alarm about the log', '--Y-------Y--', ['acknowledgeLogAlarm']],
  ['Search audit metadata', 'YYY-------YY-', ['listAccessLog', 'searchRecords']],
  ['Work anomaly queue', '-----------Y-', ['listAnomalies', 'getAnomaly', 'requestJustification', 'concludeAnomaly']],
  ['Answer what one is asked', 'YYYYYYYYYYYYY', ['listQuestions', 'answerQuestion']],
  ['Issue statistics', '-------Y-----', ['issueStatistics']],
  ['Read what statistics are counted from', '-------Y---Y-', ['getStatisticsBasis']],
  ['Resolve officer pseudonym', '--Y-------YY-', ['resolveOfficer']],
  ['Hand audit metadata out', '----------YY-', ['exportRecords', 'proveAccess']],
  ['Erase content', '--Y----------', ['eraseLeg']],
  ['Hold content back from being erased', '--Y-------Y--', ['holdLeg', 'releaseHold']],
  ['See what is held', '--Y-------YY-', ['listHolds']],
  ['Get evidence pack', 'YYY-------YY-', ['getProof', 'getReceipt', 'exportEvidence']],
  [
    'The directory, and oneself',
    'YYYYYYYYYYYYY',
    ['getOfficer', 'listParticipants', 'listDesks', 'listRoutes', 'getDirectoryChanges'],
  ],
];

const ROLES: readonly OfficerRole[] = officerRole.options;
const NOWHERE = '01933f6e-0000-7000-8000-00000000dead';
const text = { language: 'en', text: 'For the test.' };
const BODIES: Partial<Record<ApiOperationId, unknown>> = {
  submitRequest: {
    ...DEMO_REQUEST,
    recipients: [{ participant: 'urn:serai:participant:rs', desk: deskUrnOf('rs', 'ncc') }],
  },
  answerClarification: text,
  askReconsideration: text,
  askClarification: text,
  announceAuthorisation: { ...text, expectedBy: '2030-01-01T00:00:00.000Z' },
  setNudges: { contacts: [], digestMinutes: 0 },
  closeLeg: { outcome: 'NO_USE' },
  withdrawLeg: {},
  addNote: { text: 'n' },
  eraseLeg: { reason: 'ERROR' },
  holdLeg: { reason: 'For the test alone.' },
  releaseHold: { reason: 'For the test alone.' },
  reject: { reason: text },
  requestJustification: {},
  concludeAnomaly: { outcome: 'JUSTIFIED', reason: 'For the test alone.' },
  answerQuestion: { text: 'For the test.' },
  assignLeg: { unit: 'u' },
  refuse: { ground: 'NOT_AVAILABLE' },
  respond: {
    final: true,
    language: 'en',
    handling: 'H1',
    caveats: [],
    items: [{ itemId: '1', result: 'NO_RECORD', statements: [] }],
  },
};

/** Every cell of the matrix that exists, both ways, at the HTTP surface of a real access point. */
export function permissionsSuite(world: () => World): void {
  it('covers every operation', () => {
    const ruled = MATRIX.flatMap(([, , operations]) => operations).sort();
    expect(ruled).toEqual(Object.keys(ACCESS_POINT_API).sort());
  });

  describe.each(MATRIX)('%s', (_row, cells, operations) => {
    it.each(ROLES.map((role, column) => [role, cells[column] === 'Y' ? 'may' : 'may not'] as const))(
      '%s %s',
      async (role, may) => {
        const call = await callerOf(world(), { participant: 'iq', roles: [role], desks: ['ncc'] });
        for (const operation of operations) {
          expect([operation, await roleCheck(call, operation)]).toEqual([
            operation,
            may === 'may' ? 'passed' : 'forbidden',
          ]);
        }
      },
    );
  });

  describe('An officer of Iraq', () => {
    let legId: string;
    let submission: string;
    beforeAll(async () => {
      const rs = world().cast().officer('rs.liaison');
      [legId = ''] = await world().deliver(rs, { ...DEMO_REQUEST, recipients: DEMO_REQUEST.recipients.slice(0, 1) });
      const { messages } = await rs.leg(legId);
      submission = messages.find(({ type }) => type === requestSubmitted.type)?.envelopeId ?? '';
    });

    it('at another desk of the country does not see the leg of this one, unless by duty of the whole country', async () => {
      const liaison = await madeUp(world(), { participant: 'iq', roles: ['LIAISON_OFFICER'], desks: ['liaison'] });
      expect(await refusedAtOnce(liaison.leg(legId))).toBe('ERR_REQUEST_NOT_FOUND');
      const supervisor = await madeUp(world(), { participant: 'iq', roles: ['NCC_SUPERVISOR'], desks: ['ncc'] });
      expect((await supervisor.leg(legId)).legId).toBe(legId);
    });

    it('who investigates reads it once it was assigned to the desk, and then still answers nobody abroad', async () => {
      const investigator = world().cast().officer('iq.investigator');
      expect(await refusedAtOnce(investigator.content(legId, submission))).toBe('ERR_REQUEST_NOT_FOUND');
      const duty = world().cast().officer('iq.duty');
      await duty.assign(legId, { unit: 'Invented unit', desk: deskUrnOf('iq', 'investigation') });
      expect((await investigator.content(legId, submission)).envelopeId).toBe(submission);
      expect(await refusedAtOnce(investigator.decline(legId))).toBe('ERR_OFFICER_FORBIDDEN');
    });

    it('states a purpose and an own desk for every look at content', async () => {
      const duty = world().cast().officer('iq.duty');
      expect(await refusedAtOnce(duty.acting({ purpose: undefined }).content(legId, submission))).toBe(
        'ERR_OFFICER_NO_PURPOSE',
      );
      expect(await refusedAtOnce(duty.acting({ desk: undefined }).content(legId, submission))).toBe(
        'ERR_OFFICER_NO_PURPOSE',
      );
      const foreign = duty.acting({ desk: deskUrnOf('iq', 'border') });
      expect(await refusedAtOnce(foreign.content(legId, submission))).toBe('ERR_OFFICER_FORBIDDEN');
    });

    it('finds every look and every denied one in the access log', async () => {
      const auditor = world().cast().officer('iq.auditor');
      const actions = new Set<string>();
      for await (const { action, operation } of auditor.accessLog({ legId })) actions.add(`${action} ${operation}`);
      expect(actions).toContain('CONSULTED readContent');
      expect(actions).toContain('DENIED readContent');
    });

    it('is found by the auditor with each look, but only for a reason', async () => {
      const auditor = world().cast().officer('iq.auditor');
      const actions = new Set<string>();
      const reason = 'An invented complaint of a traveller.';
      for await (const { action, type } of auditor.auditRecords({ reference: legId, reason }))
        actions.add(`${action} ${type}`);
      expect(actions).toContain('RECEIVED serai.requests.request.submitted.v1');
      expect(actions).toContain('CONSULTED readContent');
      expect(await refusedAtOnce(auditor.auditRecords({ reason: 'none' }).next())).toBe('ERR_REQUEST_INVALID');
      const investigator = world().cast().officer('iq.investigator');
      expect(await refusedAtOnce(investigator.auditRecords({ reason }).next())).toBe('ERR_OFFICER_FORBIDDEN');
    });

    it('who is a liaison officer finds the own acts alone', async () => {
      const pseudonym = 'o-0123456789abcdef';
      const liaison = await madeUp(world(), {
        participant: 'iq',
        roles: ['LIAISON_OFFICER'],
        desks: ['liaison'],
        pseudonym,
      });
      await refusedAtOnce(liaison.content(legId, submission));
      const seen = new Set<string>();
      for await (const { officer } of liaison.accessLog()) seen.add(officer);
      expect([...seen]).toEqual([pseudonym]);
    });

    it('counts for nothing at the access point of another country, with whatever token', async () => {
      const officer = { participant: 'iq', roles: ['NCC_SUPERVISOR' as const], desks: ['ncc'] };
      const asIraqi = await madeUp(world(), officer, 'rs');
      expect(await refusedAtOnce(asIraqi.me())).toBe('ERR_OFFICER_UNAUTHENTICATED');
      const forSerbia = await madeUp(world(), { ...officer, audience: 'urn:serai:participant:rs' }, 'rs');
      expect(['ERR_OFFICER_UNAUTHENTICATED', 'ERR_OFFICER_FORBIDDEN']).toContain(await refusedAtOnce(forSerbia.me()));
    });

    it('without a token is asked to log in', async () => {
      const { accessPoint } = world().community.participants.find(({ id }) => id === 'iq') ?? { accessPoint: '' };
      const nobody = new SeraiClient({ baseUrl: accessPoint, token: async () => 'nonsense' });
      expect(await refusedAtOnce(nobody.me())).toBe('ERR_OFFICER_UNAUTHENTICATED');
    });
  });

  it('A national system logs in by its key and acts as its roles say', async () => {
    const [system] = world().constellation.founding.nationalSystems;
    const participant = 'urn:serai:participant:rs';
    const privateKey = JSON.parse(readFileSync(system?.privateKey ?? '', 'utf8'));
    const token = systemLogin({
      issuer: world().community.issuer,
      participant,
      clientId: system?.clientId ?? '',
      privateKey,
    });
    const baseUrl = world().community.participants.find(({ id }) => id === 'rs')?.accessPoint ?? '';
    const client = new SeraiClient({ baseUrl, token, desk: deskUrnOf('rs', 'ncc'), purpose: 'INVESTIGATION' });
    expect(await client.me()).toMatchObject({ participant, roles: ['NCC_DUTY_OFFICER'] });
    expect(await refusedAtOnce(client.countersignRefusal(NOWHERE, NOWHERE))).toBe('ERR_OFFICER_FORBIDDEN');
  });
}

/** Calls an operation about something that does not exist: whoever may do it hears that, whoever may not hears that instead. */
async function roleCheck(
  call: Awaited<ReturnType<typeof callerOf>>,
  id: ApiOperationId,
): Promise<'passed' | 'forbidden'> {
  const { path, method } = ACCESS_POINT_API[id];
  const code = await call(method, path.replace(/\{\w+\}/g, NOWHERE), BODIES[id]);
  return code === 'ERR_OFFICER_FORBIDDEN' ? 'forbidden' : 'passed';
}
