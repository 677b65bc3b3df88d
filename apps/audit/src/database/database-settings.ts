import { CreateSpentTokens, SpentToken } from '#libs/hub';
import type { DatabaseSettings } from '#libs/persistence';
import { CheckpointRow } from '../checkpoint/checkpoint.entity.js';
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

/** The schema of audit. */
export function auditDatabase(url: string): DatabaseSettings {
  return {
    url,
    schema: 'audit',
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
    ],
    migrations: [CreateSpentTokens, CreateLog, CreateCheckpoints, WatchProducers, CreateStatistics, PruneLeaves],
  };
}
