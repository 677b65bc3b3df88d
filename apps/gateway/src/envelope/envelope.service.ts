import { Inject, Injectable } from '@nestjs/common';
import type { VerificationPolicy } from '#libs/envelope';
import { type Caller, verifyEnvelope } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { directoryVersionHeader, HubDirectory, HubIdentity, RECORD_PRODUCER } from '#libs/hub';
import type { RecordProducer } from '#libs/messaging';
import { currentTraceparent } from '#libs/telemetry';
import { NamedAttachments } from '../attachment/named-attachments.js';
import { AcceptedEnvelopeRepository } from './accepted-envelope.repository.js';
import { type HoldingSubmission, holds, refused, type Submission, sha256Of } from './submission.js';

const CHANNELS = ['requests.submissions', 'directory.submissions', 'notifications.submissions'] as const;

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
   * @param admitted resolves when the call may have an effect; what it rejects with, the call ends in. A claim alone has none: it holds an id for
   *   the bytes that its owner signed.
   */
  async submit(
    received: readonly (Uint8Array | string)[],
    caller: Caller,
    receivedAt: Date,
    admitted: Promise<void>,
  ): Promise<Submission[]> {
    const policy: VerificationPolicy = {
      realm: this.identity.realm,
      channel: CHANNELS,
      keys: this.directory.current.keyResolver(),
      at: receivedAt,
      audience: 'any',
      source: caller.participant,
    };
    const claiming = Promise.all(received.map((bytes) => this.verify(bytes, policy)))
      .then((verified) => this.attachments.hold(verified))
      .then((holding) => this.claim(holding, receivedAt));
    const [claimed] = await Promise.all([claiming, admitted]);
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
  private async claim(submissions: readonly Submission[], receivedAt: Date): Promise<Submission[]> {
    const holding = submissions.filter(holds);
    if (holding.length === 0) return [...submissions];
    try {
      const taken = await this.accepted.claim(holding.map(claimOf), receivedAt);
      return submissions.map((submission) =>
        holds(submission) && !taken.has(submission.sha256) ? refused(submission, conflict(submission)) : submission,
      );
    } catch (error) {
      return submissions.map((submission) => (holds(submission) ? refused(submission, error) : submission));
    }
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
