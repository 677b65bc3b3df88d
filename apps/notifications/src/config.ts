import { z } from 'zod';
import { readEnvironment, text } from '#libs/config';
import { SeraiError } from '#libs/errors';
import { type HubSettings, readHubSettings } from '#libs/hub';
import type { DisclosureSettings } from './disclosure/known-log.js';
import type { MailSettings } from './nudge/mail.channel.js';

/** Settings of notifications: what every service of the hub has, and how nudges leave. */
export interface NotificationsConfig {
  readonly hub: HubSettings;
  /** When feeds stop because the log is away. */
  readonly disclosure: DisclosureSettings;
  /** Absent: this hub sends no e-mail. */
  readonly mail?: MailSettings;
  /** Where webhooks may go: to public addresses by https, or, for development, anywhere. */
  readonly webhookTargets: 'public' | 'any';
}

const smtpUrl = z.string().refine((value) => {
  const url = URL.parse(value);
  return url !== null && url.hostname !== '' && ['smtp:', 'smtps:'].includes(url.protocol);
}, 'must be an smtp or smtps address');

const seconds = z.coerce.number().int().min(1).max(86_400);

const variables = z.object({
  SERAI_NOTIFICATIONS_LOG_AWAY_SECONDS: seconds.default(15),
  SERAI_NOTIFICATIONS_QUORUM_LOST_SECONDS: seconds.default(900),
  SERAI_NOTIFICATIONS_SMTP_URL: smtpUrl.optional(),
  SERAI_NOTIFICATIONS_MAIL_FROM: text.optional(),
  SERAI_NOTIFICATIONS_WEBHOOK_TARGETS: z.enum(['public', 'any']).default('public'),
});

/**
 * Reads the environment of notifications: the common variables of hub services, `SERAI_NOTIFICATIONS_LOG_AWAY_SECONDS`, `SERAI_NOTIFICATIONS_QUORUM_LOST_SECONDS`,
 * `SERAI_NOTIFICATIONS_SMTP_URL`, `SERAI_NOTIFICATIONS_MAIL_FROM` and `SERAI_NOTIFICATIONS_WEBHOOK_TARGETS`.
 *
 * @throws SeraiError `ERR_CONFIG_INVALID`
 */
export function readNotificationsConfig(env: NodeJS.ProcessEnv): NotificationsConfig {
  const values = readEnvironment(env, variables);
  const { SERAI_NOTIFICATIONS_SMTP_URL: url, SERAI_NOTIFICATIONS_MAIL_FROM: from } = values;
  if (url !== undefined && from === undefined) {
    throw new SeraiError(
      'ERR_CONFIG_INVALID',
      'SERAI_NOTIFICATIONS_MAIL_FROM is not set: with SERAI_NOTIFICATIONS_SMTP_URL it names the sender of nudges.',
    );
  }
  const mail = url === undefined || from === undefined ? {} : { mail: { url, from } };
  const webhookTargets = values.SERAI_NOTIFICATIONS_WEBHOOK_TARGETS;
  const disclosure = {
    logAwayMs: values.SERAI_NOTIFICATIONS_LOG_AWAY_SECONDS * 1_000,
    quorumLostMs: values.SERAI_NOTIFICATIONS_QUORUM_LOST_SECONDS * 1_000,
  };
  return { hub: readHubSettings(env, 'notifications', 4103), disclosure, webhookTargets, ...mail };
}
