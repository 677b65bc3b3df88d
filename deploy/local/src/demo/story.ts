import { setTimeout as sleep } from 'node:timers/promises';
import type { SeraiClient } from '#libs/client';
import type { EnvelopeView, LegView, SentEnvelope, SubmittedRequest } from '#libs/contracts';
import type { Cast } from './cast.js';

/** Whoever is told what happens: the terminal, or a test that does not listen. */
export interface Teller {
  /** The command that does the step. */
  command(line: string): void;
  /** What came back, in plain words. */
  say(line: string): void;
}

/** The countries that are asked. */
export type Asked = 'iq' | 'tr';

/** One run of the demo: who plays, and what came of the steps so far. */
export class Story {
  private submitted: SubmittedRequest | undefined;

  constructor(
    readonly cast: Cast,
    readonly teller: Teller,
    /** Distinguishes this run: part of every idempotency key. */
    readonly id: string,
    /** Folder of the request, the answers as JSON and the files, for the printed commands. */
    readonly bodies = '.serai/demo',
  ) {}

  get requester(): SeraiClient {
    return this.cast.officer('rs.liaison');
  }

  addressee(asked: Asked): SeraiClient {
    return this.cast.officer(`${asked}.duty`);
  }

  begin(submitted: SubmittedRequest): void {
    this.submitted = submitted;
  }

  get request(): SubmittedRequest {
    if (this.submitted) return this.submitted;
    throw new Error('the request was not sent yet');
  }

  /** Id of the leg that goes to a country. */
  legTo(asked: Asked): string {
    const leg = this.request.legs.find(({ participant }) => participant.endsWith(`:${asked}`));
    if (leg) return leg.legId;
    throw new Error(`no leg goes to ${asked}`);
  }

  /** The same for a repetition of the same act, so that a step may be cut off anywhere and done again. */
  once(act: string): { idempotencyKey: string } {
    return { idempotencyKey: `demo-${this.id}-${act}` };
  }

  /** Waits for the hub's decision on an act and tells it; throws the hub's refusal. */
  async accepted(by: SeraiClient, { envelopeId }: SentEnvelope): Promise<EnvelopeView> {
    const view = await by.waitForEnvelope(envelopeId, { until: 'ACCEPTED', timeoutMs: this.cast.patienceMs });
    this.teller.say(`Signed and sent; accepted by the hub at ${clock(view.decidedAt)}.`);
    return view;
  }

  /** Waits until the leg is in the list of the country that is asked; to ask for the leg itself before would be on record as a denied look. */
  async arrived(asked: Asked): Promise<void> {
    const isThere = async (): Promise<boolean> => {
      for await (const { legId } of this.addressee(asked).legs({ direction: 'incoming', limit: 20 })) {
        if (legId === this.legTo(asked)) return true;
      }
      return false;
    };
    const end = Date.now() + this.cast.patienceMs;
    while (!(await isThere())) {
      promise(Date.now() < end, `the request reaches ${NAMES[asked]}`);
      await sleep(50);
    }
  }

  /** Waits until one side sees a leg as asked. */
  async seen(by: SeraiClient, asked: Asked, isSo: (leg: LegView) => boolean): Promise<LegView> {
    return by.waitForLeg(this.legTo(asked), isSo, { timeoutMs: this.cast.patienceMs });
  }
}

/** One step, told as it happens. Throws when something is not as the demo promises. */
export interface Step {
  /** Short name for scripts. */
  readonly name: string;
  /** What happens, in a sentence for people. */
  readonly title: string;
  run(story: Story): Promise<void>;
}

/** Throws a sentence when a promise of the demo does not hold. */
export function promise(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Error(`This should hold and does not: ${sentence}`);
}

/** Time of day of an instant: `03:12:06.123 UTC`. */
export const clock = (instant: string | undefined): string => (instant ? `${instant.slice(11, 23)} UTC` : 'not yet');

/** `7 h 59 min 58 s` */
export function span(ms: number | undefined): string {
  if (ms === undefined) return 'no time';
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min ${seconds % 60} s`;
}

export const NAMES: Readonly<Record<Asked, string>> = { iq: 'Iraq', tr: 'Türkiye' };
