import { auditQuery, auditRecordList } from './audit-records.js';
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
    errors: ['ERR_CURSOR_INVALID'],
  },
} as const satisfies Record<string, ApiOperation>;
