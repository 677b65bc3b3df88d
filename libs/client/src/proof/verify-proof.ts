import {
  type DirectoryChanges,
  envelopeAccepted,
  envelopeRefused,
  gatewayReceipt,
  gatewayRefusal,
  type LegState,
  type MessageProof,
  type ResponsibleOfficers,
} from '#libs/contracts';
import {
  assertCause,
  claimedTime,
  hashOfResponsible,
  isMessage,
  type VerifiedEnvelope,
  verifyEnvelope,
} from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { Directory, type RootKeys } from '#libs/trust';

/** What holds of a message, checked with nothing but the pinned root keys. Times are RFC 3339. */
export interface VerifiedProof {
  /** The message with its sender's own signature. */
  readonly envelope: VerifiedEnvelope;
  /** When the gateway says that it made the message durable. */
  readonly receivedAt?: string;
  /** When the rules of the hub accepted it. */
  readonly acceptedAt?: string;
  /** What the leg was after it, as the rules signed. */
  readonly leg?: LegState;
  /** Code with which gateway or rules refused it. */
  readonly refusedWith?: string;
  /** Who answers for the message, as its signed header says in a hash that the proof opens. */
  readonly responsible?: ResponsibleOfficers;
}

const EVERY_CHANNEL = [
  'requests.submissions',
  'requests.events',
  'directory.submissions',
  'directory.events',
  'gateway.answers',
  'directory.answers',
  'audit.answers',
] as const;

/**
 * Builds the directory from its changes, each verified up to the root keys: whoever handed the changes over is not trusted.
 *
 * @throws SeraiError as `Directory.apply`; ERR_TRUST_SNAPSHOT when version or head are not those of the changes
 */
export async function directoryOf(given: DirectoryChanges, roots: RootKeys): Promise<Directory> {
  let directory = Directory.empty(given.realm, roots);
  for (const change of given.changes) directory = await directory.apply(change);
  if (directory.version === given.version && directory.head === given.head) return directory;
  throw new SeraiError('ERR_TRUST_SNAPSHOT', 'Version or head of the directory do not belong to its changes.');
}

/** Verifies one signed envelope of any type. The key must have been active at `at`, or else at the time that the envelope claims. */
export async function verifyAlone(jws: string, directory: Directory, at?: Date): Promise<VerifiedEnvelope> {
  return verifyEnvelope(jws, {
    realm: directory.realm,
    channel: EVERY_CHANNEL,
    keys: directory.keyResolver(),
    at: at ?? claimedTime(jws),
    audience: 'any',
  });
}

/**
 * Verifies a message and what the hub said to it: each signature, that receipt and event speak of exactly these bytes, and that whoever is named as responsible is
 * who the signed header has in its hash.
 *
 * @throws SeraiError ERR_ENVELOPE_*, ERR_TRUST_*
 */
export async function verifyProof(proof: MessageProof, directory: Directory): Promise<VerifiedProof> {
  const answer = proof.receipt === undefined ? undefined : await verifyAlone(proof.receipt, directory);
  const event = proof.event === undefined ? undefined : await verifyAlone(proof.event, directory);
  const said = { ...saidByGateway(answer), ...saidByRules(event) };
  const at = said.receivedAt ?? said.acceptedAt;
  const envelope = await verifyAlone(proof.envelope, directory, at === undefined ? undefined : new Date(at));
  if (event) assertCause(event, proof.envelope);
  if (said.sha256 !== undefined && said.sha256 !== envelope.sha256) {
    throw new SeraiError('ERR_ENVELOPE_CAUSE', 'The gateway answered to other bytes than these.');
  }
  assertResponsible(proof, envelope);
  const { sha256: _checked, ...rest } = said;
  const { responsible } = proof;
  return { envelope, ...rest, ...(responsible && { responsible }) };
}

function assertResponsible({ responsible }: MessageProof, { event }: VerifiedEnvelope): void {
  if (responsible === undefined || hashOfResponsible(responsible) === event.data.header['responsible']) return;
  throw new SeraiError('ERR_ENVELOPE_CAUSE', 'The officers that the proof names are not those of the signed header.');
}

interface Said {
  readonly sha256?: string;
  readonly receivedAt?: string;
  readonly acceptedAt?: string;
  readonly leg?: LegState;
  readonly refusedWith?: string;
}

function saidByGateway(answer: VerifiedEnvelope | undefined): Said {
  if (!answer) return {};
  if (isMessage(answer, gatewayReceipt)) {
    const { envelope, receivedAt } = answer.event.data.header;
    return { sha256: envelope.sha256, receivedAt };
  }
  if (isMessage(answer, gatewayRefusal)) {
    const { sha256, problem } = answer.event.data.header;
    return { sha256, refusedWith: problem.code };
  }
  throw new SeraiError('ERR_ENVELOPE_CHANNEL', 'This is no answer of a gateway.');
}

function saidByRules(event: VerifiedEnvelope | undefined): Said {
  if (!event) return {};
  if (isMessage(event, envelopeAccepted)) {
    const { acceptedAt, leg } = event.event.data.header;
    return { acceptedAt, leg };
  }
  if (isMessage(event, envelopeRefused)) return { refusedWith: event.event.data.header.problem.code };
  throw new SeraiError('ERR_ENVELOPE_CHANNEL', 'This is no decision of the rules on a message.');
}
