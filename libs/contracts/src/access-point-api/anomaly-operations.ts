import {
  anomalyConclusion,
  anomalyList,
  anomalyParams,
  anomalyQuery,
  anomalyView,
  justificationRequest,
  questionAnswer,
  questionList,
  questionView,
} from './anomalies.js';
import { pageQuery } from './common.js';
import { type ApiOperation, EVERY_ROLE } from './operation.js';

const base = { context: false, mediaType: 'application/json', status: 200 } as const;
const read = { ...base, method: 'GET', idempotent: false } as const;
const act = { ...base, method: 'POST', idempotent: true, params: anomalyParams } as const;
const acted = ['ERR_REQUEST_NOT_FOUND', 'ERR_REQUEST_IDEMPOTENCY_CONFLICT', 'ERR_ANOMALY_MOVE_NOT_ALLOWED'] as const;
const auditors = { roles: ['AUDITOR'], rolesNote: 'Never what is about the auditor who asks.' } as const;
const everybody = { roles: EVERY_ROLE, rolesNote: 'Own acts only.' } as const;

/** Operations of the anomaly queue: what auditors work on, and what officers are asked. */
export const ANOMALY_OPERATIONS = {
  listAnomalies: {
    ...read,
    ...auditors,
    path: '/v1/audit/anomalies',
    summary: 'What rules found in the audit metadata, newest first. Nothing follows from it by itself. Logged before.',
    query: anomalyQuery,
    response: anomalyList,
    errors: ['ERR_ACCESS_NOT_RECORDED', 'ERR_CURSOR_INVALID'],
  },
  getAnomaly: {
    ...read,
    ...auditors,
    path: '/v1/audit/anomalies/{itemId}',
    summary: 'One item with the records it rests on and what was asked, answered and concluded. Logged before.',
    params: anomalyParams,
    response: anomalyView,
    errors: ['ERR_ACCESS_NOT_RECORDED', 'ERR_REQUEST_NOT_FOUND'],
  },
  requestJustification: {
    ...act,
    ...auditors,
    path: '/v1/audit/anomalies/{itemId}/question',
    summary: 'Ask the officer concerned for the reason; there are 72 hours to answer.',
    body: justificationRequest,
    response: anomalyView,
    errors: ['ERR_ACCESS_NOT_RECORDED', ...acted],
  },
  concludeAnomaly: {
    ...act,
    ...auditors,
    path: '/v1/audit/anomalies/{itemId}/conclusion',
    summary: 'Conclude with a reason. Against an officer only after the answer, or when the time for it is over.',
    body: anomalyConclusion,
    response: anomalyView,
    errors: ['ERR_ACCESS_NOT_RECORDED', ...acted],
  },
  listQuestions: {
    ...read,
    ...everybody,
    path: '/v1/questions',
    summary: 'What auditors ask you about your own acts, newest first.',
    query: pageQuery,
    response: questionList,
    errors: ['ERR_CURSOR_INVALID'],
  },
  answerQuestion: {
    ...act,
    ...everybody,
    path: '/v1/questions/{itemId}/answer',
    summary: 'Say why you needed to see it; once. Auditors of this participant read it, until its time is over.',
    body: questionAnswer,
    response: questionView,
    errors: acted,
  },
} as const satisfies Record<string, ApiOperation>;
