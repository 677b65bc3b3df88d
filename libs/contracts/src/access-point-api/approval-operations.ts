import { approvalView } from './approval-view.js';
import { approvalList, approvalParams, approvalSummary, approvalsQuery, rejectionBody } from './approvals.js';
import { sentEnvelope } from './common.js';
import { type ApiOperation, REQUESTERS } from './operation.js';

const OWN =
  'LIAISON_OFFICER and NCC_DUTY_OFFICER: their own proposals. NCC_SUPERVISOR: every one of their participant.';
const SECOND = 'Not whoever proposed it, under whatever desk.';

const common = { mediaType: 'application/json', params: approvalParams } as const;
const act = { ...common, method: 'POST', context: true, idempotent: true } as const;
const ERRORS = [
  'ERR_REQUEST_NOT_FOUND',
  'ERR_OFFICER_NO_PURPOSE',
  'ERR_REQUEST_IDEMPOTENCY_CONFLICT',
  'ERR_APPROVAL_NOT_WAITING',
] as const;

/** Operations about acts that need a second person. */
export const APPROVAL_OPERATIONS = {
  listApprovals: {
    method: 'GET',
    mediaType: 'application/json',
    context: false,
    idempotent: false,
    path: '/v1/approvals',
    summary: 'What waits for a second person, and what became of it; newest first.',
    roles: REQUESTERS,
    rolesNote: OWN,
    query: approvalsQuery,
    status: 200,
    response: approvalList,
    errors: ['ERR_CURSOR_INVALID'],
  },
  getApproval: {
    ...common,
    method: 'GET',
    context: true,
    idempotent: false,
    path: '/v1/approvals/{approvalId}',
    summary: 'One proposal with what it would send. The look is in the access log before it is shown.',
    roles: REQUESTERS,
    rolesNote: OWN,
    status: 200,
    response: approvalView,
    errors: ['ERR_ACCESS_NOT_RECORDED', 'ERR_REQUEST_NOT_FOUND', 'ERR_OFFICER_NO_PURPOSE'],
  },
  approve: {
    ...act,
    path: '/v1/approvals/{approvalId}/approve',
    summary: 'Second person: let it out. It is signed now, and goes to the hub.',
    roles: ['NCC_SUPERVISOR'],
    rolesNote: SECOND,
    status: 202,
    response: sentEnvelope,
    errors: [
      ...ERRORS,
      'ERR_OFFICER_NEEDS_SECOND_PERSON',
      'ERR_REQUEST_SENDER_UNKNOWN',
      'ERR_REQUEST_RECIPIENT_UNKNOWN',
      'ERR_REQUEST_EXPIRED',
      'ERR_LEG_MOVE_NOT_ALLOWED',
    ],
  },
  reject: {
    ...act,
    path: '/v1/approvals/{approvalId}/reject',
    summary: 'Second person: do not let it out, and say why. What it would have said is destroyed.',
    roles: ['NCC_SUPERVISOR'],
    rolesNote: SECOND,
    body: rejectionBody,
    status: 200,
    response: approvalSummary,
    errors: [...ERRORS, 'ERR_OFFICER_NEEDS_SECOND_PERSON'],
  },
  withdrawApproval: {
    ...act,
    path: '/v1/approvals/{approvalId}/withdraw',
    summary: 'Take an own proposal back. What it would have said is destroyed.',
    roles: REQUESTERS,
    rolesNote: 'Own proposals only.',
    status: 200,
    response: approvalSummary,
    errors: ERRORS,
  },
} as const satisfies Record<string, ApiOperation>;
