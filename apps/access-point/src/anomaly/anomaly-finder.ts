import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 } from 'uuid';
import { type AnomalyRule, DEFAULT_QUESTION } from '#libs/contracts';
import { inTransaction } from '#libs/persistence';
import { LOGGER, type Logger, PeriodicWork } from '#libs/telemetry';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Identity } from '../identity.js';
import { insertItems, insertStep, tryLockFinding } from './anomaly.repository.js';
import type { Find, Finding, Scene } from './anomaly-rule.js';
import { ANOMALY_SETTINGS, type AnomalySettings } from './anomaly-settings.js';
import { Questions } from './questions.js';
import { findManyLegs } from './rules/an1-many-legs.js';
import { findNoReference } from './rules/an2-no-reference.js';
import { findOutsideRoster } from './rules/an3-outside-roster.js';
import { findNoAction } from './rules/an4-no-action.js';
import { findBeforeTheEnd } from './rules/an6-before-the-end.js';
import { findExportBurst } from './rules/an9-export-burst.js';
import { findAuthorityEnded } from './rules/an10-authority-ended.js';
import { findClockAhead } from './rules/an11-clock-ahead.js';
import { findNotDelivered } from './rules/an12-not-delivered.js';
import { drawSample } from './rules/sample.js';

const EVERY_MS = 900_000;
/** Who asks about what was drawn at random. */
const BY_ITSELF = { subject: 'access-point', officer: 'o-accesspoint' } as const;

const RULES: { readonly [Rule in AnomalyRule]: Find<AnomalySettings[Rule]> } = {
  AN1: findManyLegs,
  AN2: findNoReference,
  AN3: findOutsideRoster,
  AN4: findNoAction,
  AN6: findBeforeTheEnd,
  AN9: findExportBurst,
  AN10: findAuthorityEnded,
  AN11: findClockAhead,
  AN12: findNotDelivered,
  SAMPLE: drawSample,
};

/** Looks through the audit metadata for what an auditor should ask about. Nothing else follows from what it finds. */
@Injectable()
export class AnomalyFinder implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly periodic: PeriodicWork;

  constructor(
    private readonly dataSource: DataSource,
    private readonly identity: Identity,
    private readonly community: CommunityDirectory,
    private readonly questions: Questions,
    @Inject(ANOMALY_SETTINGS) private readonly settings: AnomalySettings,
    @Inject(LOGGER) logger: Logger,
  ) {
    const failure = 'anomalies could not be looked for, it will be tried again';
    this.periodic = new PeriodicWork({ everyMs: EVERY_MS, work: () => this.round(), failure, logger });
  }

  onApplicationBootstrap(): void {
    this.periodic.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.periodic.stop();
  }

  private async round(): Promise<void> {
    // Without a directory nobody could have looked at anything.
    if (this.community.isLoaded) await this.find(new Date());
    await this.questions.forgetOldAnswers();
  }

  /** Applies every rule once. Where another instance is at it, that one's round counts. */
  async find(now: Date): Promise<void> {
    const scene = { now, participant: this.identity.participant, directory: this.community.current };
    await inTransaction(this.dataSource, async (tx) => {
      if (!(await tryLockFinding(tx))) return;
      for (const rule of Object.keys(RULES) as AnomalyRule[]) {
        const found = (await this.apply(tx, rule, scene)).map((finding) => ({ itemId: v7(), ...finding }));
        const added = await insertItems(tx, rule, now, found);
        if (rule !== 'SAMPLE') continue;
        for (const itemId of added) {
          await insertStep(tx, { itemId, step: 'QUESTION', at: now, ...BY_ITSELF, text: DEFAULT_QUESTION });
        }
      }
    });
  }

  private apply<Rule extends AnomalyRule>(tx: EntityManager, rule: Rule, scene: Scene): Promise<Finding[]> {
    return RULES[rule](tx, this.settings[rule], scene);
  }
}
