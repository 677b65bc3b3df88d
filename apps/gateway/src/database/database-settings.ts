import { CreateSpentTokens, SpentToken } from '#libs/hub';
import type { DatabaseSettings } from '#libs/persistence';
import { CreateTraffic, TRAFFIC_ENTITIES } from '#libs/traffic';
import { Attachment } from '../attachment/attachment.entity.js';
import { AcceptedEnvelope } from '../envelope/accepted-envelope.entity.js';
import { CreateAcceptedEnvelopes } from './1763776900000-create-accepted-envelopes.js';
import { CreateAttachments } from './1764000900000-create-attachments.js';

/** The gateway's own schema. */
export function gatewayDatabase(url: string): DatabaseSettings {
  return {
    url,
    schema: 'gateway',
    entities: [AcceptedEnvelope, Attachment, SpentToken, ...TRAFFIC_ENTITIES],
    migrations: [CreateAcceptedEnvelopes, CreateSpentTokens, CreateTraffic, CreateAttachments],
  };
}
