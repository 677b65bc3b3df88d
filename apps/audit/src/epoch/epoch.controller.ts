import { Controller, Get } from '@nestjs/common';
import type { EpochsAnswer, LoggedStatement } from '#libs/contracts';
import { orUnavailable } from '#libs/persistence';
import { findEpochBegin, findEpochEnd } from './epoch.repository.js';
import { type HeldLog, HeldLogs } from './held-logs.js';

const AWAY = orUnavailable('The logs can not be read now. Try again later.');

/** Tells anybody how the logs of this hub follow each other. */
@Controller('v1/epochs')
export class EpochController {
  constructor(private readonly logs: HeldLogs) {}

  @Get()
  async list(): Promise<EpochsAnswer> {
    return { logs: await Promise.all(this.logs.all.map(describe)).catch(AWAY) };
  }
}

async function describe(log: HeldLog): Promise<EpochsAnswer['logs'][number]> {
  const { origin, database } = log;
  const [begin, end] = [await findEpochBegin(database), await findEpochEnd(database)];
  const opened = begin && (await logged(log, begin.opening, 0));
  const closed = end && (await logged(log, end.closing, end.leaf));
  return { origin, ...(opened ? { opened } : {}), ...(closed ? { closed } : {}) };
}

/** Undefined once the leaf was pruned. */
async function logged({ leaves, salts }: HeldLog, envelope: string, at: number): Promise<LoggedStatement | undefined> {
  const [leaf] = await leaves.stored(at, at + 1);
  if (leaf?.wrappedSalt === undefined) return undefined;
  const { index, record, wrappedSalt } = leaf;
  return { envelope, leaf: { index, record, salt: salts.wrap(index, wrappedSalt).toString('base64url') } };
}
