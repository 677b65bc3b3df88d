import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Every query of the leaves but the one that adds them, which is in `sequencing`. */
@Injectable()
export class LeafRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Entries of the leaves from `begin` up to, not with, `end`; 33 bytes each.
   *
   * @returns fewer where the log is shorter
   */
  async entries(begin: number, end: number): Promise<Buffer[]> {
    const rows: { entry: Buffer }[] = await this.dataSource.query(
      'select entry from leaf where index >= $1 and index < $2 order by index',
      [begin, end],
    );
    return rows.map(({ entry }) => entry);
  }
}
