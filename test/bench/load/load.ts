import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSeraiProblem, type SeraiClient } from '#libs/client';
import type { LiveEvent } from '#libs/contracts';
import { isSeraiError } from '#libs/errors';
import type { BacklogSample } from '../statistics/steady-state.js';
import { arrivalTimes } from './arrivals.js';
import { ExchangeBook } from './exchange-book.js';
import type { Officers } from './officers.js';
import type { LoadReport, Pacing, Traces } from './protocol.js';
import { requestBody } from './request-body.js';
import { traceOf } from './trace.js';

const RECIPIENT = 'iq';
const SAMPLE_EVERY_MS = 250;
/** A queue of what arrives in this many seconds will not be worked off: the load is broken off. */
const MOST_QUEUED_S = 5;
/** How long to wait for what is unfinished after the last arrival. */
const PATIENCE_MS = 90_000;
const PRIMING_PATIENCE_MS = 3_000;
const PRIMING_ATTEMPTS = 20;

/** One load: exchanges begin as its pacing says, live events of both access points tell how far each has come. */
export class Load {
  private book = new ExchangeBook();
  private readonly ended = new AbortController();
  private readonly backlog: BacklogSample[] = [];
  private firstAt = 0;
  private brokenOff = false;

  /** @param submitted collects the ids of all legs that were answered for, over all loads */
  constructor(
    private readonly officers: Officers,
    private readonly submitted: Set<string>,
    private readonly pacing: Pacing,
  ) {}

  /** @param loading called when both streams are open and the first exchange is about to begin */
  async run(loading: () => void): Promise<LoadReport> {
    const { sender, recipient } = this.officers;
    const streams = [
      this.follow(sender, (event, at) => this.seenBySender(event, at)),
      this.follow(recipient, (event, at) => this.seenByRecipient(event, at)),
    ];
    try {
      await Promise.race([this.prime(), Promise.all(streams)]);
      this.book = new ExchangeBook();
      loading();
      return await this.measure();
    } finally {
      this.ended.abort();
      await Promise.allSettled(streams);
    }
  }

  private async follow(officer: SeraiClient, see: (event: LiveEvent, at: number) => void): Promise<void> {
    for await (const event of officer.events({ signal: this.ended.signal })) see(event, performance.now());
  }

  private seenBySender({ event, data }: LiveEvent, at: number): void {
    if (event === 'leg.changed') {
      if (data.status === 'DELIVERED') this.book.saw('delivered', data.legId, at);
    } else if (event === 'envelope.changed') {
      if (data.state === 'RECEIVED') this.book.saw('received', data.envelopeId, at);
      else if (data.state === 'ACCEPTED') this.book.saw('accepted', data.envelopeId, at);
    }
  }

  private seenByRecipient({ event, data }: LiveEvent, at: number): void {
    if (event === 'leg.changed') this.book.saw('inbox', data.legId, at);
  }

  /** A stream shows what happens after it has opened: exchanges are made until one is seen on both. */
  private async prime(): Promise<void> {
    for (let attempt = 1; attempt <= PRIMING_ATTEMPTS; attempt += 1) {
      this.book = new ExchangeBook();
      await this.exchange(performance.now());
      await Promise.race([this.book.untilFewerThan(1), sleep(PRIMING_PATIENCE_MS, undefined, { ref: false })]);
      if (this.book.finishedAt.length === 1) return;
    }
    throw new Error(`no exchange was seen on both streams of live events; refused: ${this.describeRefusals()}`);
  }

  private describeRefusals(): string {
    return JSON.stringify(this.book.refusals);
  }

  private async measure(): Promise<LoadReport> {
    this.firstAt = performance.now();
    const sampler = setInterval(() => this.sample(), SAMPLE_EVERY_MS);
    const { pacing } = this;
    await (pacing.kind === 'rate' ? this.keepRate(pacing) : this.keepInFlight(pacing));
    clearInterval(sampler);
    const lastAt = performance.now();
    await Promise.race([this.book.untilFewerThan(1), sleep(PATIENCE_MS, undefined, { ref: false })]);
    return this.report(lastAt);
  }

  private sample(): void {
    this.backlog.push({ atMs: performance.now() - this.firstAt, open: this.book.open });
  }

  private async keepRate({ perSecond, seconds }: Extract<Pacing, { kind: 'rate' }>): Promise<void> {
    for (const time of arrivalTimes(perSecond, seconds, Math.random)) {
      const dueAt = this.firstAt + time;
      const early = dueAt - performance.now();
      if (early >= 1) await sleep(early);
      if (this.book.open > perSecond * MOST_QUEUED_S + 50) {
        this.brokenOff = true;
        return;
      }
      void this.exchange(dueAt);
    }
    const left = this.firstAt + seconds * 1000 - performance.now();
    if (left > 0) await sleep(left);
  }

  private async keepInFlight(pacing: Extract<Pacing, { kind: 'in-flight' }>): Promise<void> {
    const timeIsUp = sleep(pacing.mostSeconds * 1000, true, { ref: false });
    for (let ended = false; !ended && this.book.begun < pacing.exchanges; ) {
      void this.exchange(performance.now());
      ended = await Promise.race([this.book.untilFewerThan(pacing.limit).then(() => false), timeIsUp]);
    }
  }

  private async exchange(dueAt: number): Promise<void> {
    const { book } = this;
    const exchange = book.begin(dueAt);
    try {
      const { legs } = await this.officers.sender.submitRequest(requestBody(RECIPIENT, this.submitted.size));
      const { legId, envelopeId } = legs[0]!;
      this.submitted.add(legId);
      book.answered(exchange, [legId, envelopeId], performance.now());
    } catch (error) {
      book.refuse(isSeraiProblem(error) || isSeraiError(error) ? error.code : String(error));
    }
  }

  private async report(lastAt: number): Promise<LoadReport> {
    const { book, pacing, brokenOff, backlog } = this;
    const traces = await this.traces();
    const seconds = (lastAt - this.firstAt) / 1000;
    const lastThird = book.finishedAt.filter((at) => at > lastAt - (seconds * 1000) / 3 && at <= lastAt).length;
    return {
      rate: pacing.kind === 'rate' ? pacing.perSecond : book.begun / seconds,
      seconds,
      exchanges: book.begun,
      finished: book.finishedAt.length,
      unfinished: book.open,
      refused: book.begun - book.open - book.finishedAt.length,
      refusals: book.refusals,
      brokenOff,
      drainMs: Math.max(0, (book.finishedAt.at(-1) ?? lastAt) - lastAt),
      finishedPerSecond: lastThird / (seconds / 3),
      backlog,
      stages: book.stages(),
      ...(traces && { traces }),
    };
  }

  private async traces(): Promise<Traces | undefined> {
    const [median, p99] = [this.book.atPercentile(50), this.book.atPercentile(99)];
    if (this.pacing.kind !== 'rate' || !median || !p99) return undefined;
    return { median: await traceOf(this.officers, median), p99: await traceOf(this.officers, p99) };
  }
}
