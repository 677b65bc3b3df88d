import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { FindingKind } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import type { SignedCheckpoint } from './signed-checkpoint.js';

/** Every query of the checkpoints. */
@Injectable()
export class CheckpointRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Keeps what was signed. Adding the same again changes nothing.
   *
   * @throws SeraiError ERR_LOG_ROLLBACK when another root was signed at this size
   */
  async add({ head, bytes }: SignedCheckpoint): Promise<void> {
    const [row]: { root: Buffer }[] = await this.dataSource.query(
      `with added as (
         insert into checkpoint (size, root, note) values ($1, $2, $3) on conflict (size) do nothing returning root
       )
       select root from added union all select root from checkpoint where size = $1`,
      [head.size, head.root, bytes],
    );
    if (row?.root.equals(head.root)) return;
    throw new SeraiError(
      'ERR_LOG_ROLLBACK',
      'The database holds another root for a size that the log signed: it was changed. Compare it with the tiles and the witnesses.',
      { detail: { size: head.size } },
    );
  }

  /** The note that was signed last. */
  async newest(): Promise<Buffer | undefined> {
    const [row]: { note: Buffer }[] = await this.dataSource.query(
      'select note from checkpoint order by size desc limit 1',
    );
    return row?.note;
  }

  /**
   * What is found again and again is written down once an hour.
   *
   * @param witness name in the log policy, where it concerns one
   */
  async addFinding(kind: FindingKind, witness: string | undefined): Promise<void> {
    await this.dataSource.query(
      `insert into finding (kind, witness)
       select $1, $2
       where not exists (
         select from finding where kind = $1 and witness is not distinct from $2 and found_at > now() - interval '1 hour'
       )`,
      [kind, witness ?? null],
    );
  }
}
