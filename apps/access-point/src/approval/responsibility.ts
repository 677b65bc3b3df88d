import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { ResponsibleOfficers } from '#libs/contracts';
import { hashOfResponsible } from '#libs/envelope';

/** Who answers for a message. */
export interface Responsible {
  readonly proposedBy: string;
  readonly approvedBy?: string;
}

/**
 * Puts into signed headers who answers for a message, so that this access point alone can show it. Every message of the kind has it: whether a second
 * person was needed would tell the other side what it must not know, that a ground is sensitive or a claim to protection open.
 */
export class Responsibility {
  private readonly key: KeyObject;

  constructor(recordsSecret: Uint8Array) {
    this.key = createSecretKey(createHmac('sha256', recordsSecret).update('serai responsible officers').digest());
  }

  commit(envelopeId: string, officers: Responsible): string {
    return hashOfResponsible(this.open(envelopeId, officers));
  }

  open(envelopeId: string, officers: Responsible): ResponsibleOfficers {
    return { salt: createHmac('sha256', this.key).update(envelopeId).digest('base64url'), ...officers };
  }
}
