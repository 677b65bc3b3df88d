import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 } from 'uuid';
import {
  DIRECTORY_SUBJECT,
  type DirectoryChange,
  type DirectoryProposal,
  directoryChangeSubmitted,
  type SignedDirectoryChange,
} from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import type { DraftEvent } from '#libs/messaging';
import { type Directory, openChange } from '#libs/trust';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Idempotency } from '../idempotency/idempotency.service.js';
import { Identity } from '../identity.js';
import type { Call } from '../officer/call.js';
import { Outgoing } from '../outgoing/outgoing.service.js';
import type { Page } from '../paging/cursor.js';
import { findProposals, keepSubmissions, lockProposers } from './proposal.repository.js';

/** Hands in changes of the directory. Their own signatures decide at the hub; who may carry them there is decided here. */
@Injectable()
export class Proposals {
  constructor(
    private readonly dataSource: DataSource,
    private readonly identity: Identity,
    private readonly community: CommunityDirectory,
    private readonly idempotency: Idempotency,
    private readonly outgoing: Outgoing,
  ) {}

  async list(): Promise<Page<DirectoryProposal>> {
    return { entries: await findProposals(this.dataSource.manager) };
  }

  /** What the hub would refuse is refused at once; the rest goes out in its order. */
  async submit(call: Call<'submitDirectoryChanges'>): Promise<Page<DirectoryProposal>> {
    const signed = call.body.changes;
    const changes = signed.map((each) => openChange(each).change);
    const ids = await this.idempotency.once(call, async (tx) => {
      await this.assertMaySubmit(tx, call, changes);
      await assertHolds(this.community.current, signed);
      const events = signed.map((change) => this.eventOf(change));
      const submissions = changes.map((change, nth) => ({ change, envelopeId: events[nth]!.id }));
      await keepSubmissions(tx, submissions, call.officer);
      for (const event of events) await this.outgoing.queueAlone(tx, event);
      return changes.map(({ id }) => id);
    });
    return { entries: await findProposals(this.dataSource.manager, ids) };
  }

  /** The Secretariat carries what the chairs have signed; everybody else what a colleague has proposed about own keys. */
  private async assertMaySubmit(
    tx: EntityManager,
    { reach, officer }: Call<'submitDirectoryChanges'>,
    changes: readonly DirectoryChange[],
  ): Promise<void> {
    if (!reach.secondPerson) return;
    const proposers = await lockProposers(
      tx,
      changes.map(({ id }) => id),
    );
    for (const change of changes) {
      const proposer = proposers.find(({ changeId }) => changeId === change.id);
      if (!this.isOfOwnKey(change) || !proposer?.subject) {
        throw new SeraiError(
          'ERR_OFFICER_FORBIDDEN',
          'You hand in changes of own keys that a colleague has proposed here. Any other is handed in by the Secretariat.',
        );
      }
      if (proposer.subject === officer.subject || proposer.pseudonym === officer.pseudonym) {
        throw new SeraiError('ERR_OFFICER_NEEDS_SECOND_PERSON', 'Somebody else must hand in what you have proposed.');
      }
    }
  }

  private isOfOwnKey(change: DirectoryChange): boolean {
    const { participant } = this.identity;
    if (change.kind === 'key-registered') return change.key.owner === participant;
    if (change.kind !== 'key-status-changed') return false;
    return this.community.current.registeredKey(change.kid)?.owner === participant;
  }

  private eventOf(change: SignedDirectoryChange): DraftEvent {
    const { participant, realm } = this.identity;
    return {
      specversion: '1.0',
      id: v7(),
      source: participant,
      type: directoryChangeSubmitted.type,
      subject: DIRECTORY_SUBJECT,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      realm,
      data: { header: { change } },
    };
  }
}

/** Asserts that the changes, one after the other, verify against the directory as it is known here. */
async function assertHolds(start: Directory, changes: readonly SignedDirectoryChange[]): Promise<void> {
  let directory = start;
  for (const change of changes) directory = await directory.apply(change);
}
