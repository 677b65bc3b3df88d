import { CreateSpentTokens, SpentToken } from '#libs/hub';
import type { DatabaseSettings } from '#libs/persistence';
import { CheckpointRow } from '../checkpoint/checkpoint.entity.js';
import { EpochBeginRow, EpochEndRow } from '../epoch/epoch.entities.js';
import { Finding } from '../finding/finding.entity.js';
import { Leaf, LeafSalt } from '../leaf/leaf.entity.js';
import { NumberMark } from '../producer/number-mark.entity.js';
import { PrunedRangeRow } from '../retention/pruned-range.entity.js';
import { Consumed, Fence, LogBatch } from '../sequencing/sequencing.entities.js';
import { StatisticsRow } from '../statistics/statistics.entity.js';
import { CreateLog } from './1795400000000-create-log.js';
import { CreateCheckpoints } from './1795400100000-create-checkpoints.js';
import { WatchProducers } from './1795400300000-watch-producers.js';
import { CreateStatistics } from './1795400500000-create-statistics.js';
import { PruneLeaves } from './1795400600000-prune-leaves.js';
import { CreateEpochs } from './1795400700000-create-epochs.js';

/** The schema of a log: that of the hub's first one unless given. */
export function auditDatabase(
  url: string,
  database: Partial<Pick<DatabaseSettings, 'schema' | 'poolSize'>> = {},
): DatabaseSettings {
  return {
    url,
    schema: 'audit',
    ...database,
    entities: [
      SpentToken,
      Leaf,
      LeafSalt,
      Fence,
      LogBatch,
      Consumed,
      Finding,
      CheckpointRow,
      NumberMark,
      StatisticsRow,
      PrunedRangeRow,
      EpochBeginRow,
      EpochEndRow,
    ],
    migrations: [
      CreateSpentTokens,
      CreateLog,
      CreateCheckpoints,
      WatchProducers,
      CreateStatistics,
      PruneLeaves,
      CreateEpochs,
    ],
  };
}
