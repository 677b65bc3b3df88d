import { z } from 'zod';
import { uuid7 } from '../identifiers.js';
import { logAlarm, logAlarmReason, logView } from './log.js';
import type { ApiOperation } from './operation.js';

/** Operations about the community's audit log, as this access point sees it. */
export const LOG_OPERATIONS = {
  getLog: {
    method: 'GET',
    path: '/v1/log',
    summary: 'Whether this access point trusts the audit log, the newest head that it verified, and its alarms.',
    roles: ['NCC_DUTY_OFFICER', 'NCC_SUPERVISOR', 'SECURITY_OFFICER', 'AUDITOR'],
    context: false,
    idempotent: false,
    mediaType: 'application/json',
    status: 200,
    response: logView,
    errors: [],
  },
  acknowledgeLogAlarm: {
    method: 'POST',
    path: '/v1/log/alarms/{alarmId}/acknowledge',
    summary: 'Takes note of an alarm about the log, with what was found out. What is still wrong raises another one.',
    roles: ['NCC_SUPERVISOR', 'SECURITY_OFFICER'],
    context: false,
    idempotent: true,
    mediaType: 'application/json',
    params: z.object({ alarmId: uuid7 }),
    body: logAlarmReason,
    status: 200,
    response: logAlarm,
    errors: ['ERR_REQUEST_NOT_FOUND', 'ERR_REQUEST_IDEMPOTENCY_CONFLICT'],
  },
} as const satisfies Record<string, ApiOperation>;
