import { v7 as uuid7 } from 'uuid';
import { LOG_SUBJECT, logClosed, logOpened, MAX_ENVELOPE_BYTES, serviceUrnOf, TOPICS } from '#libs/contracts';
import { isMessage, parseFrame, signEnvelope, type VerifiedEnvelope, verifyEnvelope } from '#libs/envelope';
import { isSeraiError } from '#libs/errors';
import type { HubIdentity } from '#libs/hub';
import type { ReceivedRecord } from '#libs/messaging';
import type { Directory } from '#libs/trust';

const AUDIT_SERVICE = serviceUrnOf('audit');

/** What audit has said about the beginning or the end of a log. */
export type EpochStatement =
  | { readonly kind: 'closed'; readonly origin: string; readonly next: string; readonly envelope: string }
  | {
      readonly kind: 'opened';
      readonly origin: string;
      readonly previous: { readonly origin: string; readonly checkpoint: string };
      readonly envelope: string;
    };

/** Believes what the service `audit` has signed; undefined for whatever else stands on the topic. */
export async function epochStatementOf(
  { topic, value, appendedAt }: ReceivedRecord,
  directory: Directory,
): Promise<EpochStatement | undefined> {
  if (topic !== TOPICS.auditEpochs.name) return undefined;
  try {
    const envelope = parseFrame(value, MAX_ENVELOPE_BYTES).eventJws;
    const verified = await verifyEnvelope(envelope, {
      realm: directory.realm,
      channel: 'audit.epochs',
      keys: directory.keyResolver(),
      at: appendedAt,
      audience: 'any',
      source: AUDIT_SERVICE,
    });
    return statementOf(verified, envelope);
  } catch (error) {
    if (isSeraiError(error)) return undefined;
    throw error;
  }
}

function statementOf(verified: VerifiedEnvelope, envelope: string): EpochStatement | undefined {
  if (isMessage(verified, logClosed)) return { kind: 'closed', ...verified.event.data.header, envelope };
  if (isMessage(verified, logOpened)) return { kind: 'opened', ...verified.event.data.header, envelope };
  return undefined;
}

/** The signed envelope that ends a log. */
export function signClosing(identity: HubIdentity, header: { origin: string; next: string }): Promise<string> {
  return sign(identity, logClosed.type, (closedAt) => ({ ...header, closedAt }));
}

/** The signed envelope that begins one. */
export function signOpening(
  identity: HubIdentity,
  header: { origin: string; previous: { origin: string; checkpoint: string } },
): Promise<string> {
  return sign(identity, logOpened.type, (openedAt) => ({ ...header, openedAt }));
}

async function sign({ urn: source, realm, signer }: HubIdentity, type: string, header: (at: string) => object) {
  const time = new Date().toISOString();
  const { jws } = await signEnvelope(
    {
      specversion: '1.0',
      id: uuid7(),
      source,
      type,
      subject: LOG_SUBJECT,
      time,
      datacontenttype: 'application/json',
      realm,
      data: { header: { audience: '*', ...header(time) } },
    },
    signer,
  );
  return jws;
}
