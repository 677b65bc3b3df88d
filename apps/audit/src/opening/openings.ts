import { Injectable } from '@nestjs/common';
import type { OpeningsAnswer } from '#libs/contracts';
import { type HeldLog, HeldLogs } from '../epoch/held-logs.js';
import type { SaltedLeaf } from '../leaf/leaf.repository.js';

type FoundLeaf = OpeningsAnswer['openings'][number]['leaves'][number];

/** Tells what leaves stand for, to whoever proves to hold the envelope by naming its hash. */
@Injectable()
export class Openings {
  constructor(private readonly logs: HeldLogs) {}

  /** In the order of the question; nothing for what is in no log with these bytes, or was erased. */
  async of(
    envelopes: readonly { readonly id: string; readonly sha256: string }[],
  ): Promise<OpeningsAnswer['openings']> {
    const ids = envelopes.map(({ id }) => id);
    const found = await Promise.all(this.logs.all.map(async (log) => openAll(log, await log.leaves.ofEnvelopes(ids))));
    const byEnvelope = Map.groupBy(found.flat(), ({ record: { id, messageHash } }) => `${id} ${messageHash}`);
    return envelopes.map(({ id, sha256 }) => ({ id, leaves: byEnvelope.get(`${id} ${sha256}`) ?? [] }));
  }
}

function openAll({ origin, salts }: HeldLog, leaves: readonly SaltedLeaf[]): FoundLeaf[] {
  return leaves.map(({ index, record, wrappedSalt }) => {
    return { origin, index, record, salt: salts.wrap(index, wrappedSalt).toString('base64url') };
  });
}
