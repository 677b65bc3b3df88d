import { z } from 'zod';
import { readEnvironment, text } from '#libs/config';
import { type HubSettings, readHubSettings } from '#libs/hub';
import { isKeyName } from '#libs/transparency-log';
import { type EarlierLog, earlierLogs, logSchema } from './epoch/earlier-log.js';
import { retentionDays } from './retention/retention-days.js';
import { socketPath } from './signer/socket-path.js';
import { type WitnessAddresses, witnessAddresses } from './witness/witness-addresses.js';

/** Settings of audit: what every service of the hub has, and which log it keeps. */
export interface AuditConfig {
  readonly hub: HubSettings;
  /** The log's identity, in every checkpoint: a name without scheme, as `hub.example/audit/2026`. */
  readonly origin: string;
  /** Where the log's checkpoint and tiles lie as files. */
  readonly logFolder: string;
  /** Schema of its tables. */
  readonly schema: string;
  /** Logs that this one continues, the newest first. */
  readonly earlier: readonly EarlierLog[];
  /** The log that goes on: this one is closed as soon as the log policy names the other. */
  readonly next?: string | undefined;
  /** The log that this one continues although nothing closed it. */
  readonly unclosed?: string | undefined;
  /** Path of the socket on which the log's signer listens. */
  readonly signerSocket: string;
  /** Submission prefixes of witnesses by their names in the log policy; they stand in for those of the policy. */
  readonly witnesses: WitnessAddresses;
  /** For so many days what opens a leaf is kept; undefined: for ever. */
  readonly retentionDays?: number | undefined;
}

/** Injection token of {@link AuditConfig}. */
export const AUDIT_CONFIG = Symbol('serai.audit-config');

const logName = z.string().refine(isKeyName, 'must be the name of a log, like hub.example/audit/2026');

const variables = z
  .object({
    SERAI_AUDIT_ORIGIN: logName,
    SERAI_AUDIT_LOG_FOLDER: text,
    SERAI_AUDIT_SCHEMA: logSchema,
    SERAI_AUDIT_EARLIER: earlierLogs,
    SERAI_AUDIT_NEXT: logName.optional(),
    SERAI_AUDIT_UNCLOSED: logName.optional(),
    SERAI_SIGNER_SOCKET: socketPath,
    SERAI_AUDIT_WITNESS_URLS: witnessAddresses.default(new Map()),
    SERAI_AUDIT_RETENTION_DAYS: retentionDays,
  })
  .superRefine((values, context) => {
    const { SERAI_AUDIT_ORIGIN: origin, SERAI_AUDIT_NEXT: next, SERAI_AUDIT_UNCLOSED: unclosed } = values;
    const earlier = values.SERAI_AUDIT_EARLIER.map((log) => log.origin);
    const refuse = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
    if (earlier.includes(origin)) refuse('SERAI_AUDIT_EARLIER', 'must not name the log that is kept now');
    if (values.SERAI_AUDIT_EARLIER.some((log) => log.schema === values.SERAI_AUDIT_SCHEMA))
      refuse('SERAI_AUDIT_SCHEMA', 'must name a schema of its own');
    if (next === origin || earlier.includes(next ?? '')) refuse('SERAI_AUDIT_NEXT', 'must name a log that is new');
    if (unclosed !== undefined && unclosed !== earlier[0])
      refuse('SERAI_AUDIT_UNCLOSED', 'must name the log that SERAI_AUDIT_EARLIER names first');
  });

/**
 * Reads the environment of audit: the common variables of hub services, `SERAI_AUDIT_ORIGIN`, `SERAI_AUDIT_LOG_FOLDER`, `SERAI_AUDIT_SCHEMA`,
 * `SERAI_AUDIT_EARLIER`, `SERAI_AUDIT_NEXT`, `SERAI_AUDIT_UNCLOSED`, `SERAI_SIGNER_SOCKET`, `SERAI_AUDIT_WITNESS_URLS` and `SERAI_AUDIT_RETENTION_DAYS`.
 *
 * @throws SeraiError `ERR_CONFIG_INVALID`
 */
export function readAuditConfig(env: NodeJS.ProcessEnv): AuditConfig {
  const values = readEnvironment(env, variables);
  return {
    hub: readHubSettings(env, 'audit', 4104),
    origin: values.SERAI_AUDIT_ORIGIN,
    logFolder: values.SERAI_AUDIT_LOG_FOLDER,
    schema: values.SERAI_AUDIT_SCHEMA,
    earlier: values.SERAI_AUDIT_EARLIER,
    next: values.SERAI_AUDIT_NEXT,
    unclosed: values.SERAI_AUDIT_UNCLOSED,
    signerSocket: values.SERAI_SIGNER_SOCKET,
    witnesses: values.SERAI_AUDIT_WITNESS_URLS,
    retentionDays: values.SERAI_AUDIT_RETENTION_DAYS,
  };
}
