import { accessRecorded } from './access/access-recorded.js';
import { AUDIT_EPOCHS } from './audit/epochs.js';
import { AUDIT_STATEMENTS } from './audit/progress.js';
import { AUDIT_ANSWERS } from './audit/statistics.js';
import { DIRECTORY_MESSAGES } from './directory/messages.js';
import { GATEWAY_ANSWERS } from './gateway/answers.js';
import type { Channel, MessageContract } from './message-contract.js';
import { NOTIFICATION_MESSAGES } from './notifications/messages.js';
import { REQUEST_EVENTS } from './requests/events.js';
import { REQUEST_SUBMISSIONS } from './requests/submissions.js';

/** Every message type by its id. */
export const MESSAGE_CONTRACTS: ReadonlyMap<string, MessageContract> = new Map<string, MessageContract>(
  [
    ...REQUEST_SUBMISSIONS,
    ...REQUEST_EVENTS,
    ...NOTIFICATION_MESSAGES,
    ...GATEWAY_ANSWERS,
    ...DIRECTORY_MESSAGES,
    ...AUDIT_STATEMENTS,
    ...AUDIT_EPOCHS,
    ...AUDIT_ANSWERS,
    accessRecorded,
  ].map((contract) => [contract.type, contract]),
);

/** The message types that may travel on a channel, by id. */
export function contractsOn(channel: Channel): ReadonlyMap<string, MessageContract> {
  return new Map([...MESSAGE_CONTRACTS].filter(([, contract]) => contract.channel === channel));
}
