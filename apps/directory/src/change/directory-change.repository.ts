import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { SignedDirectoryChange } from '#libs/contracts';
import { announceCommit } from '#libs/messaging';
import { atCommit } from '#libs/persistence';

/** A change that became part of the directory. */
export interface AcceptedChange {
  readonly version: number;
  readonly head: string;
  readonly change: SignedDirectoryChange;
}

/** Every commit that changed the directory is announced here. */
export const DIRECTORY_CHANGED = 'serai_directory_changed';

/** Every query of the directory's changes. */
@Injectable()
export class DirectoryChangeRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Until the transaction ends no other one changes the directory, in whichever instance. */
  async lock(tx: EntityManager): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtext('serai:directory-change'), hashtext(current_schema()))`);
  }

  /** Changes after a version, in order. */
  async changesAfter(version: number, manager: EntityManager = this.dataSource.manager): Promise<AcceptedChange[]> {
    return manager.query(
      'select version, head, change from directory_change where version > $1 order by directory_change.version',
      [version],
    );
  }

  async append(tx: EntityManager, changes: readonly AcceptedChange[]): Promise<void> {
    await atCommit(
      tx,
      `insert into directory_change (version, head, change, accepted_at)
       select version, head, change, now()
         from unnest($1::integer[], $2::text[], $3::jsonb[]) as accepted (version, head, change)`,
      [
        changes.map(({ version }) => version),
        changes.map(({ head }) => head),
        changes.map(({ change }) => JSON.stringify(change)),
      ],
      () => announceCommit(tx.dataSource, DIRECTORY_CHANGED),
    );
  }
}
