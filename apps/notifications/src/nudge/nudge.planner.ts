import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { HubDirectory } from '#libs/hub';
import { inTransaction } from '#libs/persistence';
import { type DeskPreferences, PreferencesRepository } from '../preferences/preferences.repository.js';
import { addressesOf, contactAt } from './contact-address.js';
import { dueTime } from './due-time.js';
import { type ClaimedNudge, type PlannedItem, TargetRepository, type WantedTarget } from './target.repository.js';
import { WaitingRepository, type WaitingRow } from './waiting.repository.js';

/** Most items in one transaction. */
const BATCH = 200;

/** Room for nudges under way: of contacts that work, and of those that failed last time. */
export interface Slots {
  readonly working: number;
  readonly failing: number;
}

/** Decides which contacts of a desk hear of what waits, and when. */
@Injectable()
export class NudgePlanner {
  constructor(
    private readonly dataSource: DataSource,
    private readonly directory: HubDirectory,
    private readonly waiting: WaitingRepository,
    private readonly preferences: PreferencesRepository,
    private readonly targets: TargetRepository,
  ) {}

  /** Resolves once it can tell which desks are open: before, everybody's would look closed, and nobody would hear of what waits. */
  async ready(): Promise<void> {
    await this.directory.ready();
  }

  /** Plans everything that waits. What was taken and its items change in one transaction: no crash loses or doubles any. */
  async planAll(now: Date): Promise<void> {
    let taken = BATCH;
    while (taken === BATCH)
      taken = await inTransaction(this.dataSource, async (tx) => {
        const rows = await this.waiting.take(tx, BATCH);
        const inForce = await this.preferences.inForce(
          tx,
          rows.map(({ desk }) => desk),
          now,
        );
        await this.targets.plan(
          tx,
          rows.flatMap((row) => this.itemsOf(row, inForce.get(row.desk), now)),
        );
        return rows.length;
      });
  }

  /**
   * Nudges that are due and that nobody else is sending; their ids and words are fixed when this returns. What waits for a contact that is in the settings no more
   * waits for those that are.
   */
  async claim(now: Date, { working, failing }: Slots): Promise<ClaimedNudge[]> {
    return inTransaction(this.dataSource, async (tx) => {
      const due = [
        ...(await this.targets.lockDue(tx, now, false, working)),
        ...(await this.targets.lockDue(tx, now, true, failing)),
      ];
      const desks = due.map(({ desk }) => desk);
      const inForce = await this.preferences.inForce(tx, desks, now);
      const wanted: WantedTarget[] = [];
      const unwanted: string[] = [];
      for (const target of due) {
        const settings = inForce.get(target.desk);
        const contact = settings && contactAt(settings.nudges.contacts, target);
        if (settings === undefined || contact === undefined) unwanted.push(target.id);
        else wanted.push({ ...target, participant: settings.participant, contact: contact.name });
      }
      const left = await this.targets.remove(tx, unwanted);
      await this.targets.plan(
        tx,
        left.flatMap((row) => this.itemsOf(row, collected(inForce.get(row.desk)), now)),
      );
      return this.targets.lease(tx, wanted, now);
    });
  }

  private itemsOf(row: WaitingRow, settings: DeskPreferences | undefined, now: Date): PlannedItem[] {
    // A desk that was closed has nobody to nudge.
    const desk = this.directory.current.deskAt(row.desk, now);
    if (settings === undefined || desk === undefined) return [];
    const { nudges } = settings;
    return nudges.contacts
      .filter(({ receives }) => receives === 'EVERYTHING' || (receives === 'URGENT' && row.urgent))
      .flatMap(addressesOf)
      .map((address) => ({ ...row, ...address, dueAt: dueTime(nudges, desk.timeZone, row) }));
  }
}

/** Settings under which what has been collected is not collected once more. */
function collected(settings: DeskPreferences | undefined): DeskPreferences | undefined {
  return settings && { ...settings, nudges: { ...settings.nudges, digestMinutes: 0 } };
}
