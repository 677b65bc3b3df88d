import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SeraiError } from '#libs/errors';
import { Readiness } from '#libs/telemetry';

/** Not ready while the database does not answer. */
@Injectable()
export class DatabaseCheck {
  constructor(dataSource: DataSource, readiness: Readiness) {
    readiness.add({ name: 'database', check: () => ask(dataSource) });
  }
}

async function ask(dataSource: DataSource): Promise<void> {
  try {
    await dataSource.query('select 1');
  } catch (cause) {
    throw new SeraiError('ERR_DATABASE_UNAVAILABLE', 'The database does not answer.', { cause });
  }
}
