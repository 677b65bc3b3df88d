import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuid7 } from 'uuid';
import {
  DIRECTORY_SUBJECT,
  directoryChangeAccepted,
  directoryChangeRefused,
  type HeaderOf,
  type SignedDirectoryChange,
  TOPICS,
} from '#libs/contracts';
import { frameEvent } from '#libs/envelope';
import { isSeraiError, SeraiError, toProblem } from '#libs/errors';
import { HubIdentity } from '#libs/hub';
import { type DraftEvent, Outbox, ProducerChain } from '#libs/messaging';
import { currentTraceparent } from '#libs/telemetry';
import { type Directory, openChange } from '#libs/trust';
import { assertMoment } from './change-bounds.js';
import { type AcceptedChange, DirectoryChangeRepository } from './directory-change.repository.js';
import { DirectoryOriginal } from './directory-original.js';

/** The envelope that hands in a change; founding changes have none. */
export interface ChangeCause {
  readonly jws: string;
  /** When the broker had it. */
  readonly arrivedAt: Date;
  readonly envelope: HeaderOf<typeof directoryChangeRefused>['envelope'];
}

/** A change that asks to become part of the directory. */
export interface ProposedChange {
  readonly change: SignedDirectoryChange;
  readonly cause?: ChangeCause;
}

/** What became of a proposal: the event to publish, and the row where it was accepted. */
interface Verdict {
  readonly draft: DraftEvent;
  readonly accepted?: AcceptedChange;
  readonly cause: ChangeCause | undefined;
}

/** Judges changes and writes them: rows, and one signed event each. */
@Injectable()
export class ChangeService {
  constructor(
    private readonly original: DirectoryOriginal,
    private readonly changes: DirectoryChangeRepository,
    private readonly identity: HubIdentity,
    private readonly chain: ProducerChain,
    private readonly outbox: Outbox,
  ) {}

  /** Applies proposals in their order, after everything that is committed; what does not hold is refused to whoever handed it in. */
  async submit(tx: EntityManager, proposals: readonly ProposedChange[]): Promise<void> {
    await this.changes.lock(tx);
    let directory = await this.original.catchUp(tx);
    const verdicts: Verdict[] = [];
    for (const { change, cause } of proposals) {
      const outcome = await this.judge(directory, change, cause).catch(refusalOf);
      if (outcome instanceof SeraiError) {
        // Founding changes have nobody to refuse to: the start fails with the sentence.
        if (cause === undefined) throw outcome;
        verdicts.push({ draft: this.refusal(cause, outcome), cause });
        continue;
      }
      directory = outcome;
      verdicts.push(this.acceptance(change, directory, cause));
    }
    await this.write(tx, verdicts);
  }

  private async judge(
    directory: Directory,
    change: SignedDirectoryChange,
    cause: ChangeCause | undefined,
  ): Promise<Directory> {
    if (cause !== undefined) assertMoment(openChange(change).change, cause.arrivedAt);
    return directory.apply(change);
  }

  private async write(tx: EntityManager, verdicts: readonly Verdict[]): Promise<void> {
    const accepted = verdicts.flatMap((verdict) => verdict.accepted ?? []);
    if (accepted.length > 0) await this.changes.append(tx, accepted);
    const drafts = verdicts.map(({ draft }) => draft);
    const events = await this.chain.append(tx, drafts, this.identity.signer);
    const traceparent = currentTraceparent();
    const headers: Record<string, string> = traceparent === undefined ? {} : { traceparent };
    await this.outbox.add(
      tx,
      events.map(({ jws }, index) => ({
        topic: TOPICS.directoryEvents.name,
        key: DIRECTORY_SUBJECT,
        value: frameEvent(jws, verdicts[index]?.cause?.jws),
        headers,
      })),
    );
  }

  private acceptance(
    change: SignedDirectoryChange,
    { version, head }: Directory,
    cause: ChangeCause | undefined,
  ): Verdict {
    const header: HeaderOf<typeof directoryChangeAccepted> = { audience: '*', version, head, change };
    return {
      draft: this.draft(directoryChangeAccepted.type, header, cause),
      accepted: { version, head, change },
      cause,
    };
  }

  private refusal(cause: ChangeCause, error: SeraiError): DraftEvent {
    const { envelope } = cause;
    const header: HeaderOf<typeof directoryChangeRefused> = {
      audience: [envelope.source],
      envelope,
      problem: toProblem(error),
    };
    return this.draft(directoryChangeRefused.type, header, cause);
  }

  private draft(type: string, header: object, cause: ChangeCause | undefined): DraftEvent {
    return {
      specversion: '1.0',
      id: uuid7(),
      source: this.identity.urn,
      type,
      subject: DIRECTORY_SUBJECT,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      realm: this.identity.realm,
      data: { header: { ...header }, ...(cause ? { cause: cause.envelope.sha256 } : {}) },
    };
  }
}

/** Whatever a change's own signatures or contents are to blame for is the answer to its sender. */
function refusalOf(error: unknown): SeraiError {
  if (isSeraiError(error) && (error.row.disposition === 'refuse' || error.row.disposition === 'park')) return error;
  throw error;
}
