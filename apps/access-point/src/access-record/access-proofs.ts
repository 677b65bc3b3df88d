import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SeraiError } from '#libs/errors';
import { type AccessProof, serialiseLeafOpening, verifyAccess } from '#libs/evidence';
import type { RootKeys } from '#libs/trust';
import { AccessLog } from '../access-log/access-log.service.js';
import { CommunityDirectory } from '../directory/community-directory.js';
import { evidencePending } from '../evidence/evidence-pending.js';
import { ROOT_KEYS } from '../evidence/root-keys.token.js';
import { Identity } from '../identity.js';
import { notFound } from '../leg/leg.reader.js';
import { LogMonitor } from '../monitor/log-monitor.js';
import type { Call } from '../officer/call.js';
import { heldEnvelopeOf } from '../receipt/held-envelope.js';
import { proofFile } from '../receipt/log-proof.js';
import { ProofBook } from '../receipt/proof-book.js';
import { AccessCommitments } from './access-commitment.js';
import { findEntriesOf, findRecordOf } from './access-record.repository.js';
import { AccessRecorder } from './access-recorder.js';

const TIMEOUT_MS = 30_000;

/** Puts together what proves one entry of the access log to a stranger; verified here first, as that stranger will. */
@Injectable()
export class AccessProofs {
  constructor(
    private readonly dataSource: DataSource,
    private readonly identity: Identity,
    private readonly community: CommunityDirectory,
    private readonly commitments: AccessCommitments,
    private readonly book: ProofBook,
    private readonly monitor: LogMonitor,
    private readonly accessLog: AccessLog,
    private readonly recorder: AccessRecorder,
    @Inject(ROOT_KEYS) private readonly roots: RootKeys,
  ) {}

  /**
   * The proof of an entry; that it was handed out is in the access log before.
   *
   * @throws SeraiError ERR_REQUEST_NOT_FOUND; ERR_EVIDENCE_PENDING while the log does not hold the record under a witnessed checkpoint; ERR_UPSTREAM_UNAVAILABLE
   */
  async prove(call: Call<'proveAccess'>): Promise<AccessProof> {
    const { entryId } = call.params;
    const { reason } = call.query;
    const record = await findRecordOf(this.dataSource.manager, entryId);
    if (record === undefined) throw notFound();
    const { recordId, jws, receipt } = record;
    if (recordId === null || jws === null || receipt === null) throw pending();
    const held = heldEnvelopeOf(jws);
    await this.monitor.look();
    const log = (await this.book.prove([held], AbortSignal.timeout(TIMEOUT_MS))).proofs.get(held.id);
    if (log === undefined) throw pending();
    const entries = await findEntriesOf(this.dataSource.manager, recordId);
    const place = entries.findIndex(({ entry }) => entry.entryId === entryId);
    const { entry, salt } = entries[place]!;
    const path = await this.commitments.pathOf(entries, place);
    // Asked for last: it must be younger than the record.
    const { changes, statement } = await this.community.published();
    const proof: AccessProof = {
      format: 'serai-access/1',
      realm: this.identity.realm,
      entry: this.commitments.committed(entry),
      salt: salt.toString('base64url'),
      place,
      path: path.map((hash) => hash.toString('base64url')),
      record: {
        envelope: jws,
        receipt,
        opening: serialiseLeafOpening(log.opening),
        proof: proofFile(log).toString(),
      },
      directory: { changes: [...changes], statement },
    };
    await this.assertHolds(proof);
    const criteria = { reference: entryId };
    await this.recorder.recorded(await this.accessLog.audited(call, { action: 'EXPORTED', reason, criteria }));
    return proof;
  }

  private async assertHolds(proof: AccessProof): Promise<void> {
    const { checks } = await verifyAccess(Buffer.from(JSON.stringify(proof)), { roots: this.roots });
    const failed = checks.find(({ holds }) => !holds);
    if (failed === undefined) return;
    throw new SeraiError('ERR_EVIDENCE_RULE', `The entry cannot be proven: ${failed.rule}: ${failed.reason}`, {
      detail: { rule: failed.rule },
    });
  }
}

const pending = () =>
  evidencePending(
    'The log does not hold the record of this entry under a witnessed checkpoint yet. Ask again in a moment.',
  );
