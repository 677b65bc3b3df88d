import { v7 } from 'uuid';
import { ACCESS_POINT_API, type ApiOperationId, type LegView, type OfficerRole, officerRole } from '#libs/contracts';
import { failOnLeaks } from '#libs/testing';
import { type Cell, PERMISSION_MATRIX } from '../../../apps/access-point/src/officer/permission-matrix.js';
import { AccessPoint, type OfficerClient } from './support/access-point.js';
import { seedItem } from './support/anomaly-seeds.js';
import { clientOf, pictureOf } from './support/attachment-scene.js';
import { deskOf, urnOf } from './support/community.js';
import { ForeignSender } from './support/foreign-sender.js';
import { requestTo } from './support/request-body.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(60_000);

/** Where the officer sits, seen from what the act is about. */
type Place = 'own desk' | 'desk it was assigned to' | 'other desk of the agency' | "other agency's desk";

/** The one reading of the matrix: what a cell says to an officer at a place. */
const REACHES: Readonly<Record<Place, readonly Cell[]>> = {
  'own desk': ['Y', 'D', 'C', '2'],
  'desk it was assigned to': ['Y', 'A', 'C', '2'],
  'other desk of the agency': ['Y', 'C', '2'],
  "other agency's desk": ['Y', 'C', '2'],
};
const DESK_AT: Readonly<Record<Place, Parameters<typeof deskOf>[1]>> = {
  'own desk': 'ncc',
  'desk it was assigned to': 'investigation',
  'other desk of the agency': 'liaison',
  "other agency's desk": 'border',
};
const PLACES = Object.keys(REACHES) as Place[];

/** What came of a call: it got as far as the thing it is about, that thing does not exist for this officer, or the role may not at all. */
type Outcome = 'reached' | 'hidden' | 'forbidden';

/** What belongs to one officer is hidden from all others, whatever their cell: the scene's is nobody's who calls. */
const OWN_ONLY: readonly ApiOperationId[] = ['getUpload', 'sendAttachment', 'withdrawApproval'];

function expected(id: ApiOperationId, cell: Cell, place: Place): Outcome {
  if (cell === '-') return 'forbidden';
  // A stream opens for whoever may have one, and is narrowed down by what it shows.
  if (id === 'streamEvents') return 'reached';
  return REACHES[place].includes(cell) && !OWN_ONLY.includes(id) ? 'reached' : 'hidden';
}

/** What the calls are about; all of it belongs to the NCC of Iraq, and to nobody who calls. */
interface Scene {
  readonly incoming: LegView;
  readonly outgoing: LegView;
  readonly requestId: string;
  readonly approvalId: string;
  /** A picture that went with the answer to the incoming leg, and one that waits for a message. */
  readonly attached: string;
  readonly kept: string;
  readonly kid: string;
  /** About an officer who does not call, who was asked. */
  readonly anomalyId: string;
}

/** How an operation is called so that whoever reaches what it is about changes nothing; lists show by themselves whether they have it. */
interface Probe {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of an answer with 2xx, whether the thing is in it. */
  readonly has?: (body: Record<string, unknown>, officer: OfficerClient) => boolean;
}

const text = { language: 'en', text: 'For the test.' };
const UPLOADED = { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };
const idsIn = (body: Record<string, unknown>): string => JSON.stringify(body['entries']);

/** An addressee's act on a leg that was sent, and the other way round, is refused behind the question who may reach the leg. */
function probesOf({
  incoming,
  outgoing,
  requestId,
  approvalId,
  attached,
  kept,
  kid,
  anomalyId,
}: Scene): Record<ApiOperationId, Probe> {
  const [onIncoming, onOutgoing] = [incoming, outgoing].map(({ legId }) => ({ params: { legId } }));
  const answer = incoming.messages.find(({ attachments = [] }) => attachments.length > 0)!;
  const message = { params: { legId: incoming.legId, envelopeId: answer.envelopeId } };
  const upload = { params: { attachmentId: kept }, headers: { 'tus-resumable': '1.0.0' } };
  const desk = { params: { desk: deskOf('iq') } };
  const everything = {};
  const listed = (id: string) => ({ has: (body: Record<string, unknown>) => idsIn(body).includes(id) });
  const actsOfOthers: Probe = { has: (body, { pseudonym }) => idsIn(body).replaceAll(pseudonym, '').includes('"o-') };
  return {
    getOfficer: everything,
    listParticipants: everything,
    listDesks: everything,
    listRoutes: everything,
    getDirectoryChanges: everything,
    submitRequest: { body: {} },
    createAttachment: {},
    getUpload: upload,
    sendAttachment: { ...upload, body: 'x', headers: { ...upload.headers, ...UPLOADED } },
    listRequests: listed(requestId),
    getRequest: { params: { requestId } },
    listLegs: listed(incoming.legId),
    getLeg: onIncoming!,
    readContent: message,
    getEnvelope: message,
    streamEvents: everything,
    listAssignments: onIncoming!,
    listNotes: onIncoming!,
    downloadAttachment: { params: { ...message.params, attachmentId: attached } },
    addNote: { ...onIncoming!, body: { text: 'n' } },
    listEscalations: onIncoming!,
    getNudges: desk,
    setNudges: { ...desk, body: { contacts: [], digestMinutes: 0 } },
    acknowledgeLeg: onOutgoing!,
    assignLeg: { ...onOutgoing!, body: { unit: 'u' } },
    askClarification: { ...onOutgoing!, body: text },
    announceAuthorisation: { ...onOutgoing!, body: { ...text, expectedBy: '2030-01-01T00:00:00.000Z' } },
    respond: { ...onOutgoing!, body: ANSWER },
    refuse: { ...onOutgoing!, body: { ground: 'NOT_AVAILABLE' } },
    countersignRefusal: { params: { legId: incoming.legId, refusalId: approvalId } },
    listApprovals: listed(approvalId),
    getApproval: { params: { approvalId } },
    withdrawApproval: { params: { approvalId } },
    approve: { params: { approvalId } },
    reject: { params: { approvalId }, body: { reason: text } },
    decline: onOutgoing!,
    answerClarification: { params: { legId: incoming.legId, clarificationId: v7() }, body: text },
    askReconsideration: { ...onIncoming!, body: text },
    closeLeg: { ...onIncoming!, body: { outcome: 'NO_USE' } },
    withdrawLeg: { ...onIncoming!, body: {} },
    listKeys: listed(kid),
    rotateKey: { body: {} },
    endKey: { params: { kid }, body: { status: 'X' } },
    submitDirectoryChanges: { body: {} },
    listDirectoryProposals: everything,
    getLog: everything,
    acknowledgeLogAlarm: { params: { alarmId: kept }, body: {} },
    getProof: message,
    getReceipt: message,
    exportEvidence: onIncoming!,
    eraseLeg: { ...onIncoming!, body: { reason: 'X' } },
    holdLeg: { ...onIncoming!, body: {} },
    releaseHold: { params: { legId: incoming.legId, holdId: kept }, body: {} },
    listHolds: onIncoming!,
    listAccessLog: actsOfOthers,
    proveAccess: { params: { entryId: kept }, query: {} },
    resolveOfficer: { query: { reason: 'For the test of the matrix.' } },
    listAnomalies: listed(anomalyId),
    getAnomaly: { params: { itemId: anomalyId } },
    requestJustification: { params: { itemId: anomalyId }, body: { question: '' } },
    concludeAnomaly: { params: { itemId: anomalyId }, body: {} },
    listQuestions: listed(anomalyId),
    answerQuestion: { params: { itemId: anomalyId }, body: { text: 'For the test.' } },
    exportRecords: { query: { reason: 'For the test of the matrix.' } },
    issueStatistics: { body: {} },
    getStatisticsBasis: { query: { reason: 'For the test of the matrix.', begin: 'x' } },
    searchRecords: { query: { reason: 'For the test of the matrix.', action: 'SENT' }, ...actsOfOthers },
  };
}

const ANSWER = {
  final: true,
  language: 'en',
  handling: 'H1',
  caveats: [],
  items: [{ itemId: '1', result: 'NO_RECORD', statements: [] }],
};

let world: World<'iq'>;
let scene: Scene;
let probes: Record<ApiOperationId, Probe>;
const operations = Object.keys(ACCESS_POINT_API) as ApiOperationId[];

beforeAll(async () => {
  world = await buildWorld(['iq']);
  scene = await setScene();
  probes = probesOf(scene);
});
afterAll(() => world.end());
failOnLeaks();

/** An incoming leg of the NCC, assigned to a unit and partly answered with a picture; an outgoing one; a proposal that was taken back; an upload; a key. */
async function setScene(): Promise<Scene> {
  const { iq } = world.accessPoints;
  const duty = await clientOf(iq.officer('NCC_DUTY_OFFICER', deskOf('iq'), 'owner'));
  const supervisor = await clientOf(iq.officer('NCC_SUPERVISOR', deskOf('iq'), 'proposer'));
  const envelope = await new ForeignSender(world.community, 'rs', 'iq').request();
  await world.hub.services.decide(envelope);
  const legId = envelope.event.subject;
  await duty.waitForLeg(legId, ({ status }) => status === 'DELIVERED');
  await duty.assign(legId, { unit: 'Unit of the test', desk: deskOf('iq', 'investigation') });
  const picture = { name: 'a.png', mediaType: 'image/png', content: pictureOf(500) } as const;
  const [attached, kept] = [await duty.uploadAttachment(picture), await duty.uploadAttachment(picture)];
  await duty.respond(legId, { ...ANSWER, final: false, attachments: [attached] } as never);
  const { refusalId } = await supervisor.refuse(legId, { ground: 'NATIONAL_SECURITY' });
  await supervisor.withdrawApproval(refusalId);
  const sent = await duty.submitRequest(requestTo(['rs']));
  const outgoing = await duty.waitForLeg(sent.legs[0]!.legId, ({ submission }) => submission === 'ACCEPTED');
  const incoming = await duty.waitForLeg(legId, ({ messages }) =>
    messages.some(({ attachments = [] }) => attachments.some(({ state }) => state === 'READY')),
  );
  const [key] = await supervisor.keys();
  const anomalyId = await seedItem(iq, { subject: 'nobody-who-calls', askedHoursAgo: 1 });
  return {
    incoming,
    outgoing,
    requestId: sent.requestId,
    approvalId: refusalId,
    attached,
    kept,
    kid: key!.kid,
    anomalyId,
  };
}

/** Calls an operation about the scene, as the table of probes says. */
async function call(id: ApiOperationId, officer: OfficerClient, authorization?: string): Promise<Outcome | number> {
  const { method, path, mediaType } = ACCESS_POINT_API[id];
  const { params = {}, query, body, headers = {}, has = () => true } = probes[id];
  const place = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name]!);
  const url = `${await officer.at.url()}${place}${query ? `?${new URLSearchParams(query)}` : ''}`;
  const answer = await fetch(url, {
    method,
    headers: {
      ...(await officer.headers()),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
      ...(authorization === undefined ? {} : { authorization }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  if (answer.ok && mediaType !== 'application/json') {
    await answer.body?.cancel();
    return 'reached';
  }
  const said = await answer.text();
  if (answer.status === 401) return 401;
  const { code, ...found } = (said === '' ? {} : JSON.parse(said)) as { code?: string };
  if (answer.ok) return has(found, officer) ? 'reached' : 'hidden';
  if (answer.status === 403 && code !== 'ERR_OFFICER_NEEDS_SECOND_PERSON') return 'forbidden';
  return answer.status === 404 ? 'hidden' : 'reached';
}

describe('the permission matrix, by role and desk', () => {
  it.each(operations)('%s', async (id) => {
    const outcomes: [OfficerRole, Place, Outcome | number][] = [];
    const wanted: typeof outcomes = [];
    for (const role of officerRole.options) {
      const cell = PERMISSION_MATRIX[id][role];
      // Where a role may not at all, no desk is looked at.
      for (const place of cell === '-' ? PLACES.slice(0, 1) : PLACES) {
        const officer = world.accessPoints.iq.officer(
          role,
          deskOf('iq', DESK_AT[place]),
          `${role} at ${DESK_AT[place]}`,
        );
        outcomes.push([role, place, await call(id, officer)]);
        wanted.push([role, place, expected(id, cell, place)]);
      }
    }
    expect(outcomes).toEqual(wanted);
  });

  it('has a probe that reaches something for every operation', () => {
    expect(Object.keys(probes).sort()).toEqual([...operations].sort());
  });
});

describe('the permission matrix, by participant and realm', () => {
  let training: AccessPoint;
  beforeAll(async () => {
    const { community, hub, idp } = world;
    training = await AccessPoint.prepare('iq', { community, hub, idp }, 'training');
    await training.start();
  });
  afterAll(() => training.dispose());

  const claims = (serai_participant: string, desk: string, serai_realm: string) => ({
    claims: { serai_participant, serai_desks: [desk], serai_realm },
  });

  it.each(operations)('%s is for accounts of this participant in this realm alone', async (id) => {
    const role = officerRole.options.find((each) => PERMISSION_MATRIX[id][each] !== '-')!;
    const bearer = async (officer: OfficerClient, ...given: Parameters<typeof claims>) =>
      `Bearer ${await officer.token(claims(...given))}`;
    const here = world.accessPoints.iq.officer(role, deskOf('iq'), 'of everywhere');
    const there = training.officer(role, deskOf('iq'), 'of everywhere');
    const own = [urnOf('iq'), deskOf('iq')] as const;
    expect(await call(id, here, await bearer(here, ...own, 'production'))).not.toBe(401);
    expect(await call(id, here, await bearer(here, ...own, 'training'))).toBe(401);
    expect(await call(id, here, await bearer(here, urnOf('rs'), deskOf('rs'), 'production'))).toBe(401);
    expect(await call(id, here, await bearer(here, urnOf('iq'), deskOf('rs'), 'production'))).toBe(401);
    expect(await call(id, there, await bearer(there, ...own, 'training'))).not.toBe(401);
    expect(await call(id, there, await bearer(there, ...own, 'production'))).toBe(401);
  });
});
