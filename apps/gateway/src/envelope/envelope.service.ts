import { Inject, Injectable } from '@nestjs/common';
import type { VerificationPolicy } from '#libs/envelope';
import { type Caller, verifyEnvelope } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { directoryVersionHeader, HubDirectory, HubIdentity, RECORD_PRODUCER, ticketOf, tokenReplayed } from '#libs/hub';
import type { RecordProducer } from '#libs/messaging';
import { currentTraceparent } from '#libs/telemetry';
import { NamedAttachments } from '../attachment/named-attachments.js';
import { AcceptedEnvelopeRepository } from './accepted-envelope.repository.js';
import { type HoldingSubmission, holds, refused, type Submission, sha256Of } from './submission.js';

const CHANNELS = [
  'requests.submissions',
  'directory.submissions',
  'notifications.submissions',
  'access.records',
] as const;

/** Takes envelopes into the hub: verified, claimed, durable. */
@Injectable()
export class EnvelopeService {
  constructor(
    private readonly directory: HubDirectory,
    private readonly identity: HubIdentity,
    private readonly accepted: AcceptedEnvelopeRepository,
    private readonly attachments: NamedAttachments,
    @Inject(RECORD_PRODUCER) private readonly producer: RecordProducer,
  ) {}

  /**
   * Verifies each envelope, takes its id and number for its bytes, and has the broker store it. What holds at the end is durable.
   *
   * @param received compact JWS, each as it came; judged one by one
   * @throws SeraiError `ERR_CALLER_TOKEN_REPLAYED` when the caller's token was spent before; it is spent by this call
   */
  async submit(received: readonly (Uint8Array | string)[], caller: Caller, receivedAt: Date): Promise<Submission[]> {
    const policy: VerificationPolicy = {
      realm: this.identity.realm,
      channel: CHANNELS,
      keys: this.directory.current.keyResolver(),
      at: receivedAt,
      audience: 'any',
      source: caller.participant,
    };
    const verified = await Promise.all(received.map((bytes) => this.verify(bytes, policy)));
    const claimed = await this.claim(await this.attachments.hold(verified), caller, receivedAt);
    return Promise.all(claimed.map((submission) => this.store(submission)));
  }

  private async verify(received: Uint8Array | string, policy: VerificationPolicy): Promise<Submission> {
    const sha256 = sha256Of(received);
    try {
      return { sha256, envelope: await verifyEnvelope(received, policy) };
    } catch (error) {
      return { sha256, error };
    }
  }

  /** Refuses what comes with an id or number that other bytes have taken. */
  private async claim(submissions: readonly Submission[], caller: Caller, receivedAt: Date): Promise<Submission[]> {
    const taken = await this.accepted.claim(ticketOf(caller), submissions.filter(holds).map(claimOf), receivedAt);
    if (taken === undefined) throw tokenReplayed(caller);
    return submissions.map((submission) =>
      holds(submission) && !taken.has(submission.sha256) ? refused(submission, conflict(submission)) : submission,
    );
  }

  /** Bytes that came before are stored again: the first time may have failed between claim and broker, and consumers drop repeats. */
  private async store(submission: Submission): Promise<Submission> {
    if (!holds(submission)) return submission;
    const { jws, event, contract } = submission.envelope;
    const traceparent = currentTraceparent();
    try {
      await this.producer.send({
        topic: contract.channel,
        key: event.subject,
        value: Buffer.from(jws, 'latin1'),
        headers: {
          ...directoryVersionHeader(this.directory.current),
          ...(traceparent === undefined ? {} : { traceparent }),
        },
      });
      return submission;
    } catch (error) {
      return refused(submission, error);
    }
  }
}

function claimOf({ envelope: { event, sha256 } }: HoldingSubmission) {
  const { id, source, producerseq } = event;
  if (producerseq === undefined) throw new TypeError('A submission without a number passed its schema.');
  return { id, producer: source, producerSeq: producerseq, sha256 };
}

function conflict({ envelope: { event } }: HoldingSubmission): SeraiError {
  return new SeraiError(
    'ERR_ENVELOPE_CONFLICT',
    'This id or number was used before, for other bytes. Never sign it again.',
    {
      detail: { id: event.id, producerseq: event.producerseq },
    },
  );
}
