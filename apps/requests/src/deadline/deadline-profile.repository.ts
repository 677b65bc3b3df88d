import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DeadlineProfile } from './deadline-profile.entity.js';

/** Every query of deadline profiles. */
@Injectable()
export class DeadlineProfileRepository {
  /** All of them: a handful, read where a clock starts, so that a new one needs no restart. */
  all(tx: EntityManager): Promise<DeadlineProfile[]> {
    return tx.getRepository(DeadlineProfile).find();
  }
}
