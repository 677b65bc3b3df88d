import { Injectable } from '@nestjs/common';
import { logProgressStated, serviceUrnOf } from '#libs/contracts';
import { isMessage, parseFrame, verifyEnvelope } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { HubDirectory, HubIdentity } from '#libs/hub';
import { MAX_RECORD_BYTES, type ReceivedRecord } from '#libs/messaging';
import type { LogStatement } from './known-log.js';

const AUDIT_SERVICE = serviceUrnOf('audit');

/** Believes about the log what the service `audit` has signed, of a log that the policy names. */
@Injectable()
export class StatementVerifier {
  constructor(
    private readonly directory: HubDirectory,
    private readonly identity: HubIdentity,
  ) {}

  /** @throws SeraiError ERR_ENVELOPE_*, ERR_TRUST_*, ERR_RECORD_MALFORMED, ERR_LOG_KEY for a log that the policy does not name */
  async verify({ value, appendedAt }: ReceivedRecord): Promise<LogStatement> {
    const { current } = this.directory;
    const envelope = await verifyEnvelope(parseFrame(value, MAX_RECORD_BYTES).eventJws, {
      realm: this.identity.realm,
      channel: 'audit.progress',
      keys: current.keyResolver(),
      at: appendedAt,
      audience: 'any',
      source: AUDIT_SERVICE,
    });
    if (!isMessage(envelope, logProgressStated)) {
      throw new SeraiError('ERR_ENVELOPE_CHANNEL', 'This is no statement about the progress of the log.');
    }
    const statement = envelope.event.data.header;
    const logs = current.logPolicyAt(appendedAt)?.policy.logs ?? [];
    if (logs.some(({ key }) => key.name === statement.origin)) return statement;
    throw new SeraiError('ERR_LOG_KEY', 'The log policy of the directory does not name this log.', {
      detail: { origin: statement.origin, named: logs.map(({ key }) => key.name) },
    });
  }
}
