import { z } from 'zod';
import { uuid7 } from '../identifiers.js';
import {
  auditQuery,
  auditReason,
  auditRecordList,
  exportedRecords,
  exportQuery,
  provenAccess,
  resolvedOfficer,
  resolveQuery,
} from './audit-records.js';
import { type ApiOperation, REQUESTERS } from './operation.js';

/** Operations of who reviews what was exchanged and looked at. */
export const AUDIT_OPERATIONS = {
  searchRecords: {
    method: 'GET',
    path: '/v1/audit/records',
    summary: 'What was sent, received, looked at, denied and handed out; newest first. The search is logged before.',
    roles: [...REQUESTERS, 'SECURITY_OFFICER', 'AUDITOR'],
    rolesNote: 'LIAISON_OFFICER: own acts only; the others: all of their participant.',
    context: false,
    idempotent: false,
    mediaType: 'application/json',
    query: auditQuery,
    status: 200,
    response: auditRecordList,
    errors: ['ERR_ACCESS_NOT_RECORDED', 'ERR_CURSOR_INVALID'],
  },
  exportRecords: {
    method: 'GET',
    path: '/v1/audit/export',
    summary:
      'At most 5,000 found records, signed by this participant, to be checked offline. The export is logged before.',
    roles: ['SECURITY_OFFICER', 'AUDITOR'],
    context: false,
    idempotent: false,
    mediaType: 'application/json',
    query: exportQuery,
    status: 200,
    response: exportedRecords,
    errors: ['ERR_ACCESS_NOT_RECORDED'],
  },
  proveAccess: {
    method: 'GET',
    path: '/v1/audit/accesses/{entryId}/proof',
    summary: 'What proves one entry of the access log to a stranger. That it was handed out is logged before.',
    roles: ['SECURITY_OFFICER', 'AUDITOR'],
    context: false,
    idempotent: false,
    mediaType: 'application/json',
    params: z.object({ entryId: uuid7 }),
    query: z.object({ reason: auditReason }),
    status: 200,
    response: provenAccess,
    errors: ['ERR_ACCESS_NOT_RECORDED', 'ERR_REQUEST_NOT_FOUND', 'ERR_EVIDENCE_PENDING'],
  },
  resolveOfficer: {
    method: 'GET',
    path: '/v1/audit/officer',
    summary: 'Which of the own officers a pseudonym of a joint review stands for. The question is logged before.',
    roles: ['NCC_SUPERVISOR', 'SECURITY_OFFICER', 'AUDITOR'],
    context: false,
    idempotent: false,
    mediaType: 'application/json',
    query: resolveQuery,
    status: 200,
    response: resolvedOfficer,
    errors: ['ERR_ACCESS_NOT_RECORDED', 'ERR_REQUEST_NOT_FOUND'],
  },
} as const satisfies Record<string, ApiOperation>;
