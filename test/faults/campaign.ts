import { setTimeout as sleep } from 'node:timers/promises';
import { check, type Findings } from './checker/check.js';
import { collect } from './checker/collect.js';
import { checkLog } from './checker/log.js';
import { judge, nameOf } from './judgement.js';
import { ExchangeLoad } from './load/exchange-load.js';
import type { CallsSeen } from './load/officer-calls.js';
import type { Strike, Target } from './protocol.js';
import { seededRandom, shuffled } from './seeded-random.js';
import { Strikes } from './strikes.js';

/** What a campaign found. Counts of findings; all of them 0 is what is hoped for. */
export interface CampaignResult {
  readonly ok: boolean;
  readonly seed: number;
  /** Requests that an officer was told are signed and kept. */
  readonly exchanges: number;
  readonly kills: number;
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
  readonly brokenFeeds: number;
  /** What the log lacks, has twice, or fsck finds in it. */
  readonly misLogged: number;
  /** From a kill, or from the end of an outage or a pause, until every app was ready again; from the end of a flood until its requests were answered. */
  readonly slowestRecoveryMs: number;
  /** Envelopes that the hub refused; nothing that the officers do deserves that. */
  readonly refused: number;
  /** Requests or acts that no access point ever answered for, by error. */
  readonly unanswered: Readonly<Record<string, number>>;
  /** Errors of access points without a clear 503 and its Retry-After, by answer; also none at all from an access point that nobody had struck. */
  readonly unclear: Readonly<Record<string, number>>;
  /** Calls of officers that failed or were slow while a process of the hub was restarted in good order: they should notice nothing. */
  readonly noticed: number;
  /** Processes that ended although nobody had struck them, or that did not end in good order when told to, by name and end. */
  readonly ended: Readonly<Record<string, number>>;
  /** By what was done: how long each recovery took, in milliseconds. */
  readonly recoveries: Readonly<Record<string, readonly number[]>>;
}

type Found = Findings & { readonly misLogged: readonly string[] };

/** The load is to last for the kills: about six seconds each, twice round. */
const SECONDS_OF_LOAD = 100;
const [LEAST_PER_SECOND, MOST_PER_SECOND] = [4, 40];
/** Between the end of a recovery and the next kill. */
const LONGEST_PEACE_MS = 2_500;
const SHOWN = 10;
/** Strikes at every process in turn at random moments while officers work, then compares what was signed with what is held. */
export class Campaign {
  private readonly recoveries: Record<string, number[]> = {};
  private readonly unclear: Record<string, number> = {};
  private readonly strikes: Strikes;
  private kills = 0;
  private noticed = 0;

  constructor(
    private readonly target: Target,
    private readonly say: (line: string) => void,
  ) {
    this.strikes = new Strikes(target.apps);
  }

  async run(): Promise<CampaignResult> {
    const { exchanges } = this.target;
    const perSecond = Math.min(MOST_PER_SECOND, Math.max(LEAST_PER_SECOND, exchanges / SECONDS_OF_LOAD));
    const load = new ExchangeLoad(this.target, perSecond);
    let struck = false;
    this.say(`Officers begin ${perSecond.toFixed(1)} requests per second, at least ${exchanges} in all.`);
    const working = load.run(() => struck && load.begun >= exchanges);
    let last: Strike | undefined;
    try {
      last = await this.strikeInTurn(load, () => (struck = true));
    } finally {
      struck = true;
    }
    await working;
    this.judge(last, load.calls.take());
    this.say(`${load.begun} requests begun; comparing what was signed with what is held ...`);
    const { evidence, keys } = await collect(this.target, load);
    const findings = { ...check(evidence, keys), misLogged: await checkLog(this.target) };
    this.describe(findings);
    return this.result(load, findings);
  }

  /** Round after round, each in another order; from the end of the first round on, enough requests may end it. Resolves to the last strike. */
  private async strikeInTurn(load: ExchangeLoad, roundIsOver: () => void): Promise<Strike | undefined> {
    const { seed, exchanges } = this.target;
    const random = seededRandom(seed);
    let last: Strike | undefined;
    for (let round = 1; ; round += 1) {
      for (const strike of shuffled(this.target.strikes, random)) {
        if (round > 1 && load.begun >= exchanges) return last;
        await sleep(random() * LONGEST_PEACE_MS);
        this.judge(last, load.calls.take());
        this.record(strike, await (strike.kind === 'flood' ? load.flood(strike.ms) : this.strikes.carryOut(strike)));
        last = strike;
      }
      roundIsOver();
    }
  }

  private record(strike: Strike, ms: number): void {
    const what = nameOf(strike);
    this.recoveries[what] = [...(this.recoveries[what] ?? []), ms];
    if (strike.kind === 'kill') this.kills += 1;
    this.say(`  ${what}: all well again after ${(ms / 1000).toFixed(1)} s`);
  }

  /** What officers saw from this strike to the next; without one, before the first. */
  private judge(strike: Strike | undefined, seen: CallsSeen): void {
    const { noticed, unclear } = judge(strike, seen);
    this.noticed += noticed;
    for (const [answer, count] of Object.entries(unclear)) {
      this.unclear[answer] = (this.unclear[answer] ?? 0) + count;
    }
    const { failed, slow } = seen;
    if (failed + slow > 0) this.say(`  ${nameOf(strike)}: ${failed} calls of officers failed, ${slow} were slow`);
  }

  private describe(findings: Found): void {
    for (const [what, sentences] of Object.entries(findings) as [string, readonly string[]][]) {
      for (const sentence of sentences.slice(0, SHOWN)) this.say(`  ${what}: ${sentence}`);
      if (sentences.length > SHOWN) this.say(`  ${what}: and ${sentences.length - SHOWN} more`);
    }
  }

  private result({ promised, failures }: ExchangeLoad, findings: Found): CampaignResult {
    const { lost, doubled, reordered, brokenFeeds, refused, misLogged } = findings;
    const found = [lost, doubled, reordered, brokenFeeds, refused, misLogged].some((list) => list.length > 0);
    const { unclear, noticed, kills, recoveries } = this;
    const { ended } = this.strikes;
    const counted = [failures, unclear, ended].some((counts) => Object.keys(counts).length > 0);
    return {
      ok: !found && !counted && noticed === 0 && promised.rs.length > 0,
      seed: this.target.seed,
      exchanges: promised.rs.length,
      kills,
      lost: lost.length,
      doubled: doubled.length,
      reordered: reordered.length,
      brokenFeeds: brokenFeeds.length,
      misLogged: misLogged.length,
      slowestRecoveryMs: Math.max(0, ...Object.values(recoveries).flat()),
      refused: refused.length,
      unanswered: failures,
      unclear,
      noticed,
      ended,
      recoveries,
    };
  }
}
