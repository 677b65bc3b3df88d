import { Injectable } from '@nestjs/common';
import { v7 as uuid7 } from 'uuid';
import { type CloudEvent, gatewayReceipt, gatewayRefusal, type HeaderOf } from '#libs/contracts';
import { signEnvelope, type VerifiedEnvelope } from '#libs/envelope';
import { isSeraiError, toProblem } from '#libs/errors';
import { HubIdentity } from '#libs/hub';
import { retryAfterOf } from '#libs/telemetry';

/** The gateway's word on one envelope: HTTP status and the signed receipt or refusal. */
export interface SignedAnswer {
  readonly status: number;
  /** Compact JWS. */
  readonly answer: string;
  /** Seconds after which the same may be tried again. */
  readonly retryAfter?: number;
}

const ACCEPTED = 202;

/** Signs what the gateway answers. Answers are envelopes without a place in a chain: they go to the caller alone. */
@Injectable()
export class GatewayAnswers {
  constructor(private readonly identity: HubIdentity) {}

  /** Says that the envelope is durable. Only for what the broker has acknowledged. */
  async receipt(envelope: VerifiedEnvelope, receivedAt: Date): Promise<SignedAnswer> {
    const { id, type, source, subject } = envelope.event;
    const header: HeaderOf<typeof gatewayReceipt> = {
      audience: [source],
      envelope: { id, type, sha256: envelope.sha256 },
      receivedAt: receivedAt.toISOString(),
    };
    return { status: ACCEPTED, answer: await this.sign(gatewayReceipt.type, subject, header) };
  }

  /**
   * Says why something is not taken.
   *
   * @param sha256 of the received bytes, whatever they were
   * @param caller who gets it; unknown where the caller did not authenticate
   */
  async refusal(error: unknown, sha256: string, caller: string | undefined): Promise<SignedAnswer> {
    const problem = toProblem(error);
    const header: HeaderOf<typeof gatewayRefusal> = {
      audience: caller === undefined ? '*' : [caller],
      sha256,
      refusedAt: new Date().toISOString(),
      problem,
    };
    const answer = await this.sign(gatewayRefusal.type, uuid7(), header);
    return { status: problem.status, answer, retryAfter: retryAfterOf(error) };
  }

  private async sign(type: string, subject: string, header: object): Promise<string> {
    const event: CloudEvent = {
      specversion: '1.0',
      id: uuid7(),
      source: this.identity.urn,
      type,
      subject,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      realm: this.identity.realm,
      data: { header: { ...header } },
    };
    return (await signEnvelope(event, this.identity.signer)).jws;
  }
}

/** Code under which an error is counted. */
export function codeOf(error: unknown): string {
  return isSeraiError(error) ? error.code : 'ERR_INTERNAL_UNEXPECTED';
}
