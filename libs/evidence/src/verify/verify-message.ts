import { type Channel, gatewayReceipt, type Realm, TOPICS } from '#libs/contracts';
import { claimedTime, isMessage, type KeyResolver, type VerifiedEnvelope, verifyEnvelope } from '#libs/envelope';
import { isSeraiError } from '#libs/errors';
import { leafHash } from '#libs/transparency-log';
import type { Directory } from '#libs/trust';
import type { MessageFiles } from '../pack/pack-files.js';
import { parseLeafOpening } from '../record/leaf-opening.js';
import { type LeafOpening, type LogRecord, leafEntry, messageHashOf } from '../record/log-record.js';
import { demand, type Report, RuleError } from './report.js';
import type { LogVerifier, ProvenLeaf } from './verify-log.js';

/** A message whose envelope, leaf and place in the log hold. */
export interface VerifiedMessage {
  readonly folder: string;
  readonly envelope: VerifiedEnvelope;
  readonly record: LogRecord;
  readonly leaf: ProvenLeaf;
  /** When the gateway says that it took it, where the pack has its receipt. */
  readonly receivedAt?: string;
}

/** What messages are verified against. */
export interface MessageContext {
  readonly directory: Directory;
  readonly logs: LogVerifier;
  readonly report: Report;
  readonly realm: Realm;
  readonly leg: string;
}

/** Clocks of hub, witnesses and agencies may differ by so much: ten minutes. */
export const CLOCK_TOLERANCE_MS = 600_000;

const CHANNELS: readonly Channel[] = Object.values(TOPICS)
  .map(({ name }) => name)
  .filter((name) => name !== 'audit.progress');

/**
 * Verifies one message of a pack. The log comes first: it says when the message was there, and that is the time at which its key must have been in force -
 * not the time that its signer claims.
 */
export async function verifyMessage(
  files: MessageFiles,
  context: MessageContext,
): Promise<VerifiedMessage | undefined> {
  const { folder } = files;
  const { report } = context;
  const opening = await openLeaf(files, report);
  if (opening === undefined) return undefined;
  const { record, index, salt } = opening;
  const proofPath = `${folder}/inclusion.tlog-proof`;
  const leaf = await context.logs.prove(proofPath, {
    file: files.proof,
    index,
    leafHash: leafHash(leafEntry(record, salt)),
  });
  if (leaf === undefined) return undefined;
  await report.attempt('accepted-time', folder, () => {
    const { witnessedAt } = leaf.witnessed;
    const isPlausible = Date.parse(record.acceptedAt) <= witnessedAt.getTime() + CLOCK_TOLERANCE_MS;
    demand(
      isPlausible,
      `Accepted at ${record.acceptedAt}, says the hub, but witnessed at ${witnessedAt.toISOString()}.`,
    );
  });
  const envelope = await verifySignatures(files, { context, record, leaf });
  if (envelope === undefined) return undefined;
  await report.attempt('leaf-opening', `${folder}/opening.json`, () => assertSameMessage(record, envelope));
  await report.attempt('envelope-of-leg', `${folder}/envelope.jws`, () => assertOfLeg(envelope, context.leg));
  const receivedAt = await verifyReceipt(files, envelope, context);
  return { folder, envelope, record, leaf, ...(receivedAt === undefined ? {} : { receivedAt }) };
}

async function openLeaf({ folder, opening, envelope }: MessageFiles, report: Report): Promise<LeafOpening | undefined> {
  if (envelope === undefined) {
    report.fail('envelope-signature', `${folder}/envelope.jws`, 'The file is missing.');
    return undefined;
  }
  try {
    demand(opening !== undefined, 'The file is missing.');
    const opened = parseLeafOpening(opening);
    demand(
      opened.record.messageHash === messageHashOf(envelope),
      'The leaf stands for another message: the hash of the envelope is not the one in its record.',
    );
    return opened;
  } catch (error) {
    if (!isSeraiError(error)) throw error;
    report.fail('leaf-opening', `${folder}/opening.json`, error.message);
    return undefined;
  }
}

interface Circumstances {
  readonly context: MessageContext;
  readonly record: LogRecord;
  readonly leaf: ProvenLeaf;
}

async function verifySignatures(
  { folder, envelope }: MessageFiles,
  { context, record, leaf }: Circumstances,
): Promise<VerifiedEnvelope | undefined> {
  const about = `${folder}/envelope.jws`;
  const { directory, realm, report } = context;
  const policy = {
    realm,
    channel: CHANNELS,
    keys: keysBefore(directory, leaf.witnessed.witnessedAt),
    at: new Date(record.acceptedAt),
    audience: 'any' as const,
  };
  const verified = await report.attempt('envelope-signature', about, () =>
    underKeyRule(verifyEnvelope(envelope!, policy)),
  );
  if (verified !== undefined) await report.attempt('key-valid-at-time', about, () => undefined);
  return verified;
}

/**
 * Keys in force at the asked time, less those that count as compromised from before the witnesses saw what they signed: only the witnesses' time is beyond
 * the reach of whoever holds a stolen key and of the hub.
 */
function keysBefore(directory: Directory, witnessedAt: Date): KeyResolver {
  const keys = directory.keyResolver();
  return (kid, use, at) => {
    const key = keys(kid, use, at);
    const compromisedFrom = directory.compromisedFrom(kid);
    if (compromisedFrom === undefined || compromisedFrom > witnessedAt) return key;
    throw new RuleError(
      'key-valid-at-time',
      `The key counts as compromised from ${compromisedFrom.toISOString()} on, and the message is proven to be there at ${witnessedAt.toISOString()} only; a proof under an earlier checkpoint would settle it.`,
    );
  };
}

/** Hands what is wrong with the key, not with the signature, to its own rule. */
export async function underKeyRule<T>(verification: Promise<T>): Promise<T> {
  try {
    return await verification;
  } catch (error) {
    if (!isSeraiError(error, 'ERR_TRUST_UNKNOWN_KEY', 'ERR_TRUST_KEY_INACTIVE')) throw error;
    const reason = error.detail['reason'];
    throw new RuleError(
      'key-valid-at-time',
      typeof reason === 'string' ? `${error.message} (${reason})` : error.message,
    );
  }
}

function assertSameMessage(record: LogRecord, { event, contract }: VerifiedEnvelope): void {
  const isSame =
    record.id === event.id &&
    record.type === event.type &&
    record.producer === event.source &&
    record.producerSequence === event.producerseq &&
    record.topic === contract.channel;
  demand(isSame, 'The record of the leaf describes the envelope wrongly.');
}

/** Messages of a leg have it as their subject, and say it again where their header names one. */
function assertOfLeg({ event }: VerifiedEnvelope, leg: string): void {
  const header = event.data.header as { legId?: unknown; leg?: { legId?: unknown } };
  const named = [event.subject, header.legId ?? leg, header.leg?.legId ?? leg];
  demand(
    named.every((id) => id === leg),
    'The envelope belongs to another leg.',
  );
}

async function verifyReceipt(
  { folder, receipt }: MessageFiles,
  { event, sha256 }: VerifiedEnvelope,
  { directory, realm, report }: MessageContext,
): Promise<string | undefined> {
  if (receipt === undefined) return undefined;
  return report.attempt('receipt-signature', `${folder}/receipt.jws`, async () => {
    const at = claimedTime(receipt.toString('latin1'));
    const keys = directory.keyResolver();
    const verified = await verifyEnvelope(receipt, {
      realm,
      channel: 'gateway.answers',
      keys,
      at,
      audience: event.source,
    });
    demand(isMessage(verified, gatewayReceipt), 'The gateway says something else than that it took an envelope.');
    const { envelope, receivedAt } = verified.event.data.header;
    const isForIt = envelope.id === event.id && envelope.type === event.type && envelope.sha256 === sha256;
    demand(isForIt, 'The receipt is for another envelope.');
    return receivedAt;
  });
}
