import { z } from 'zod';
import { UPLOAD_MEDIA_TYPE } from '../hub-api/attachments-api.js';
import { uuid7 } from '../identifiers.js';
import { textContent } from '../requests/content.js';
import { attachmentParams, UPLOAD_HEADERS } from './attachments.js';
import { sentEnvelope } from './common.js';
import { assignmentView, newAssignment, newNote, noteView } from './in-country.js';
import {
  authorisationBody,
  clarificationAnswer,
  closeBody,
  refusalAnswer,
  refusalBody,
  responseBody,
  withdrawBody,
} from './leg-acts.js';
import { deskParams, newNudges } from './nudges.js';
import { type ApiOperation, READERS, READERS_NOTE, RELEASERS, REQUESTERS } from './operation.js';
import { legParams } from './read-operations.js';
import { newRequest, submittedRequest } from './requests.js';

const act = {
  method: 'POST',
  idempotent: true,
  context: true,
  mediaType: 'application/json',
} as const;

/**
 * An act on a leg that becomes a signed envelope. Whether the leg may make the move in its state decides the hub, whose refusal comes back signed; what is the
 * other side's to say is refused at once.
 */
const send = {
  ...act,
  params: legParams,
  status: 202,
  response: sentEnvelope,
  errors: [
    'ERR_REQUEST_NOT_FOUND',
    'ERR_OFFICER_NO_PURPOSE',
    'ERR_REQUEST_IDEMPOTENCY_CONFLICT',
    'ERR_LEG_MOVE_NOT_ALLOWED',
  ],
} as const;

/** Content needs a key of the other side to be encrypted to. */
const sendContent = { ...send, errors: [...send.errors, 'ERR_REQUEST_RECIPIENT_UNKNOWN'] } as const;

const OF_REQUESTER = 'Outgoing legs: LIAISON_OFFICER of own desks, NCC roles of their participant.';
const OF_ADDRESSEE = 'Incoming legs of the participant.';

/** Operations that do something; each takes an `Idempotency-Key`, so repeating one after a failure is safe. */
export const ACT_OPERATIONS = {
  submitRequest: {
    ...act,
    path: '/v1/requests',
    summary: 'Sign, encrypt and send a request: one leg per recipient.',
    roles: REQUESTERS,
    rolesNote:
      'To the country of a person whose claim to protection is UNKNOWN only NCC_SUPERVISOR alone; for the others that leg is held until a supervisor lets it go.',
    body: newRequest,
    status: 202,
    response: submittedRequest,
    errors: [
      'ERR_OFFICER_NO_PURPOSE',
      'ERR_REQUEST_IDEMPOTENCY_CONFLICT',
      'ERR_REQUEST_SENDER_UNKNOWN',
      'ERR_REQUEST_RECIPIENT_UNKNOWN',
      'ERR_REQUEST_EXPIRED',
      'ERR_REQUEST_PERSON_PROTECTED',
      'ERR_ATTACHMENT_NOT_HERE',
    ],
  },
  createAttachment: {
    ...act,
    path: '/v1/attachments',
    summary:
      'Begin to upload an attachment (tus 1.0). `Upload-Metadata` has `filename` and `filetype`; `Location` is where it goes on. The same key again finds the same upload.',
    roles: REQUESTERS,
    headers: UPLOAD_HEADERS.create,
    mediaType: 'none',
    status: 201,
    response: z.unknown(),
    errors: [
      'ERR_OFFICER_NO_PURPOSE',
      'ERR_REQUEST_IDEMPOTENCY_CONFLICT',
      'ERR_ATTACHMENT_TOO_LARGE',
      'ERR_ATTACHMENT_TYPE',
      'ERR_ATTACHMENT_QUOTA',
    ],
  },
  sendAttachment: {
    method: 'PATCH',
    idempotent: false,
    context: false,
    path: '/v1/attachments/{attachmentId}',
    summary:
      'Go on with an own upload (tus 1.0). When all of it is here its type is decided by its bytes, and it is encrypted; a message can name it then.',
    roles: REQUESTERS,
    rolesNote: 'Own uploads only.',
    params: attachmentParams,
    headers: UPLOAD_HEADERS.send,
    bodyMediaType: UPLOAD_MEDIA_TYPE,
    mediaType: 'none',
    status: 204,
    response: z.unknown(),
    errors: [
      'ERR_REQUEST_NOT_FOUND',
      'ERR_ATTACHMENT_OFFSET',
      'ERR_ATTACHMENT_TOO_LARGE',
      'ERR_ATTACHMENT_TYPE',
      'ERR_STORAGE_FULL',
      'ERR_STORAGE_UNAVAILABLE',
    ],
  },
  setNudges: {
    ...act,
    path: '/v1/desks/{desk}/nudges',
    summary: 'Say where and when a desk is nudged. What was said before holds no more once this takes effect.',
    roles: ['NCC_SUPERVISOR'],
    rolesNote: 'Desks of the participant.',
    params: deskParams,
    body: newNudges,
    status: 202,
    response: sentEnvelope,
    errors: ['ERR_REQUEST_NOT_FOUND', 'ERR_OFFICER_NO_PURPOSE', 'ERR_REQUEST_IDEMPOTENCY_CONFLICT'],
  },
  acknowledgeLeg: {
    ...send,
    path: '/v1/legs/{legId}/acknowledge',
    summary: 'Take the leg on.',
    roles: RELEASERS,
    rolesNote: OF_ADDRESSEE,
  },
  askClarification: {
    ...sendContent,
    path: '/v1/legs/{legId}/clarifications',
    summary: 'Ask the sender back; the clock pauses until it answers.',
    roles: RELEASERS,
    rolesNote: OF_ADDRESSEE,
    body: textContent,
    response: clarificationAnswer,
  },
  answerClarification: {
    ...sendContent,
    path: '/v1/legs/{legId}/clarifications/{clarificationId}/answer',
    summary: 'Answer a question back; the clock goes on.',
    roles: REQUESTERS,
    rolesNote: OF_REQUESTER,
    params: legParams.extend({ clarificationId: uuid7 }),
    body: textContent,
    errors: [...sendContent.errors, 'ERR_LEG_CLARIFICATION_UNKNOWN'],
  },
  announceAuthorisation: {
    ...sendContent,
    path: '/v1/legs/{legId}/authorisation',
    summary: 'Say that a judicial authorisation is awaited; the clock runs on, an overrun is excused.',
    roles: RELEASERS,
    rolesNote: OF_ADDRESSEE,
    body: authorisationBody,
  },
  respond: {
    ...send,
    path: '/v1/legs/{legId}/responses',
    summary: 'Answer some items, or all of them for good.',
    roles: RELEASERS,
    rolesNote: OF_ADDRESSEE,
    body: responseBody,
    errors: [...sendContent.errors, 'ERR_LEG_ITEM_UNKNOWN', 'ERR_ATTACHMENT_NOT_HERE'],
  },
  refuse: {
    ...send,
    path: '/v1/legs/{legId}/refusals',
    summary: 'Refuse the whole request or some items, with a ground.',
    roles: RELEASERS,
    rolesNote: `${OF_ADDRESSEE} Sensitive grounds: NCC_SUPERVISOR only, and only with the countersignature of another one.`,
    body: refusalBody,
    response: refusalAnswer,
    // On a sensitive ground a move that the leg cannot make is refused here: nobody should countersign in vain.
    errors: [...sendContent.errors, 'ERR_LEG_ITEM_UNKNOWN'],
  },
  countersignRefusal: {
    ...send,
    path: '/v1/legs/{legId}/refusals/{refusalId}/countersign',
    summary: 'Second supervisor: let a refusal on a sensitive ground go out.',
    roles: ['NCC_SUPERVISOR'],
    rolesNote: `${OF_ADDRESSEE} Not whoever proposed the refusal.`,
    params: legParams.extend({ refusalId: uuid7 }),
    errors: [...sendContent.errors, 'ERR_OFFICER_NEEDS_SECOND_PERSON', 'ERR_CONTENT_ERASED'],
  },
  decline: {
    ...send,
    path: '/v1/legs/{legId}/decline',
    summary: 'Decline without a ground: cooperation is voluntary.',
    roles: RELEASERS,
    rolesNote: OF_ADDRESSEE,
  },
  askReconsideration: {
    ...sendContent,
    path: '/v1/legs/{legId}/reconsideration',
    summary: 'Ask once to think a refusal over.',
    roles: REQUESTERS,
    rolesNote: OF_REQUESTER,
    body: textContent,
  },
  closeLeg: {
    ...sendContent,
    path: '/v1/legs/{legId}/close',
    summary: 'Close an answered or refused leg with its outcome.',
    roles: REQUESTERS,
    rolesNote: OF_REQUESTER,
    body: closeBody,
  },
  withdrawLeg: {
    ...sendContent,
    path: '/v1/legs/{legId}/withdraw',
    summary: 'Take the request back from this addressee.',
    roles: REQUESTERS,
    rolesNote: OF_REQUESTER,
    body: withdrawBody,
  },
  assignLeg: {
    ...act,
    path: '/v1/legs/{legId}/assignments',
    summary: 'Give the leg to a unit inside the country; nothing of it leaves the country.',
    roles: RELEASERS,
    rolesNote: OF_ADDRESSEE,
    params: legParams,
    body: newAssignment,
    status: 201,
    response: assignmentView,
    errors: send.errors,
  },
  addNote: {
    ...act,
    path: '/v1/legs/{legId}/notes',
    summary: 'Write an internal note; it never leaves the country.',
    roles: READERS,
    rolesNote: READERS_NOTE,
    params: legParams,
    body: newNote,
    status: 201,
    response: noteView,
    errors: send.errors,
  },
} as const satisfies Record<string, ApiOperation>;
