import { setTimeout as sleep } from 'node:timers/promises';
import { isSeraiProblem, passwordLogin, SeraiClient } from '#libs/client';
import { participantUrnOf, type SentEnvelope } from '#libs/contracts';
import { requestBody } from '../../bench/load/request-body.js';
import type { Target } from '../protocol.js';
import { OfficerCalls } from './officer-calls.js';

/** What an access point answered for: the officer was told that it is signed and kept. */
export interface Promised {
  readonly legId: string;
  readonly envelopeId: string;
}

/** An officer repeats what was not answered so long, each time with the same idempotency key; on top comes the time for which something is kept away. */
const PATIENCE_MS = 240_000;
/** Officers wait for answers: so many have one under way, and no more; in a flood, so many times more. */
const MOST_UNDER_WAY = 200;
const FLOOD = 10;
/** Every so manieth leg gets a question back right behind its acknowledgement. */
const QUESTION_EVERY = 4;
/** Answers that time changes: the leg has not arrived yet, or the acknowledgement is not known yet. */
const NOT_YET = ['ERR_REQUEST_NOT_FOUND', 'ERR_LEG_MOVE_NOT_ALLOWED', 'ERR_LEG_UNKNOWN'] as const;

/** Officers of two countries at work, at a constant rate as long as they get answers, whatever happens to the constellation. */
export class ExchangeLoad {
  /** Requests that an officer began to send. */
  begun = 0;
  /** By their side: what Serbia's officer asked, what Iraq's did about it. */
  readonly promised: { readonly rs: Promised[]; readonly iq: Promised[] } = { rs: [], iq: [] };
  readonly calls = new OfficerCalls();
  /** What was never answered for, by its error. */
  readonly failures: Record<string, number> = {};

  /** How many times as much as usual they do now. */
  private times = 1;
  private readonly underWay = new Set<Promise<void>>();
  private readonly asking: SeraiClient;
  private readonly asked: SeraiClient;

  constructor(
    private readonly target: Target,
    private readonly perSecond: number,
  ) {
    this.asking = this.officer('rs', 'liaison', 'liaison');
    this.asked = this.officer('iq', 'duty', 'ncc');
  }

  /** Begins exchanges until `isOver`; resolves when every one has come to its end. */
  async run(isOver: () => boolean): Promise<void> {
    const { underWay } = this;
    for (let due = Date.now(); !isOver(); ) {
      const exchange: Promise<void> = this.exchange(this.begun).finally(() => underWay.delete(exchange));
      underWay.add(exchange);
      this.begun += 1;
      // Whoever was kept waiting does not make up for it.
      due = Math.max(due + 1_000 / (this.perSecond * this.times), Date.now() - 1_000);
      const early = due - Date.now();
      if (early > 0) await sleep(early);
      if (underWay.size >= MOST_UNDER_WAY * this.times) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  }

  /** Ten times as much for a while; resolves to the milliseconds that it then takes until no more is under way than before. */
  async flood(ms: number): Promise<number> {
    const usual = Math.max(this.underWay.size, this.perSecond);
    this.times = FLOOD;
    await sleep(ms);
    this.times = 1;
    const ebb = Date.now();
    while (this.underWay.size > usual) await Promise.race(this.underWay);
    return Date.now() - ebb;
  }

  private async exchange(number: number): Promise<void> {
    try {
      const key = (act: string) => ({ idempotencyKey: `faults-${this.target.seed}-${number}-${act}` });
      const body = requestBody('iq', number);
      const { legs } = await this.patiently(() => this.asking.submitRequest(body, key('request')));
      const { legId, envelopeId } = legs[0]!;
      this.promised.rs.push({ legId, envelopeId });
      this.keep(legId, await this.patiently(() => this.asked.acknowledge(legId, key('acknowledge'))));
      if (number % QUESTION_EVERY > 0) return;
      const question = { language: 'en', text: 'Which spelling of the name stands in his document?' };
      this.keep(legId, await this.patiently(() => this.asked.askClarification(legId, question, key('question'))));
    } catch (error) {
      const name = isSeraiProblem(error) ? error.code : String(error);
      this.failures[name] = (this.failures[name] ?? 0) + 1;
    }
  }

  /** Outages may follow each other so closely that an exchange gets through behind the last of them only. */
  private patiently<T>(act: () => Promise<T>): Promise<T> {
    const awayMs = this.target.strikes.reduce((sum, { ms }) => sum + ms, 0);
    return patiently(act, PATIENCE_MS + awayMs);
  }

  private keep(legId: string, { envelopeId }: SentEnvelope): void {
    this.promised.iq.push({ legId, envelopeId });
  }

  private officer(id: 'rs' | 'iq', post: string, desk: string): SeraiClient {
    const { issuer, password } = this.target;
    return new SeraiClient({
      baseUrl: this.target[id].accessPoint,
      token: passwordLogin({ issuer, participant: participantUrnOf(id) }, `${id}.${post}`, password),
      desk: `urn:serai:desk:${id}:${desk}`,
      purpose: 'INVESTIGATION',
      patienceMs: 1_000,
      fetch: (input, init) => this.calls.watch(id, () => fetch(input, init)),
    });
  }
}

/** Repeats an act until it is answered for, or refused for a reason that time does not change. */
async function patiently<T>(act: () => Promise<T>, patienceMs: number): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (let waitMs = 250; ; waitMs = Math.min(3_000, waitMs * 2)) {
    try {
      return await act();
    } catch (error) {
      const isFinal =
        isSeraiProblem(error) && error.status < 500 && error.status !== 429 && !isSeraiProblem(error, ...NOT_YET);
      if (isFinal || Date.now() > deadline) throw error;
    }
    await sleep(waitMs);
  }
}
