import { Inject, Injectable } from '@nestjs/common';
import type { OpenedLeaf, OpeningsAnswer } from '#libs/contracts';
import { HubIdentity } from '#libs/hub';
import { AUDIT_CONFIG, type AuditConfig } from '../config.js';
import { LeafRepository, type SaltedLeaf } from '../leaf/leaf.repository.js';
import { SaltWrap } from '../leaf/salt-wrap.js';

/** Tells what leaves stand for, to whoever proves to hold the envelope by naming its hash. */
@Injectable()
export class Openings {
  private readonly salts: SaltWrap;

  constructor(
    @Inject(AUDIT_CONFIG) { origin }: AuditConfig,
    identity: HubIdentity,
    private readonly leaves: LeafRepository,
  ) {
    this.salts = new SaltWrap(identity.keystore.secret('records'), origin);
  }

  /** In the order of the question; nothing for what is not in the log with these bytes, or was erased. */
  async of(
    envelopes: readonly { readonly id: string; readonly sha256: string }[],
  ): Promise<OpeningsAnswer['openings']> {
    const found = await this.leaves.ofEnvelopes(envelopes.map(({ id }) => id));
    const byEnvelope = Map.groupBy(found, ({ record: { id, messageHash } }) => `${id} ${messageHash}`);
    return envelopes.map(({ id, sha256 }) => ({
      id,
      leaves: (byEnvelope.get(`${id} ${sha256}`) ?? []).map((leaf) => this.open(leaf)),
    }));
  }

  private open({ index, record, wrappedSalt }: SaltedLeaf): OpenedLeaf {
    return { index, record, salt: this.salts.wrap(index, wrappedSalt).toString('base64url') };
  }
}
