const UUID = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g;
/** Longer than this an officer notices that something is wrong, also where the answer comes in the end. */
const SLOW_MS = 3_000;

/** What officers saw of their calls in some time. */
export interface CallsSeen {
  /** Calls that got no answer, or that an access point could not serve, whether or not they were repeated with success. */
  failed: number;
  /** Answered in the end, or not yet, after more than {@link SLOW_MS}. */
  slow: number;
  /** Errors that say neither what is wrong nor when to come again, by answer. */
  readonly unclear: Record<string, number>;
  /** Calls without any answer, by the access point's side. */
  readonly silent: Record<string, number>;
}

interface UnderWay {
  readonly since: number;
  isCounted: boolean;
}

const nothingSeen = (): CallsSeen => ({ failed: 0, slow: 0, unclear: {}, silent: {} });
const countUp = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1;
};

/** Watches every single call of the officers, those too that are repeated. */
export class OfficerCalls {
  private seen = nothingSeen();
  private readonly underWay = new Set<UnderWay>();

  constructor(private readonly now: () => number = Date.now) {}

  /** What was seen since the last time. */
  take(): CallsSeen {
    for (const call of this.underWay) this.countIfSlow(call);
    const { seen } = this;
    this.seen = nothingSeen();
    return seen;
  }

  async watch(side: string, call: () => Promise<Response>): Promise<Response> {
    const begun = { since: this.now(), isCounted: false };
    this.underWay.add(begun);
    try {
      const response = await call();
      this.judge(response);
      return response;
    } catch (error) {
      this.seen.failed += 1;
      countUp(this.seen.silent, side);
      throw error;
    } finally {
      this.underWay.delete(begun);
      this.countIfSlow(begun);
    }
  }

  private judge({ status, headers, url }: Response): void {
    if (status < 500) return;
    this.seen.failed += 1;
    const isClear = status === 503 && Number(headers.get('retry-after')) > 0;
    if (!isClear) countUp(this.seen.unclear, `${status} ${new URL(url).pathname.replace(UUID, '*')}`);
  }

  private countIfSlow(call: UnderWay): void {
    if (call.isCounted || this.now() - call.since <= SLOW_MS) return;
    call.isCounted = true;
    this.seen.slow += 1;
  }
}
