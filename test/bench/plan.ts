import type { InsertMode } from './bare/protocol.js';
import type { SearchBounds } from './statistics/rate-search.js';

/** How long and how often each part of the bench measures. */
export interface Plan {
  /** A fresh JVM, and code that has not run yet, need some ten thousand records (four per exchange) before their figures mean anything. */
  readonly warmUp: { readonly exchanges: number; readonly inFlight: number; readonly mostSeconds: number };
  /** Rates (exchanges per second) take turns, so that what disturbs the machine disturbs all of them. */
  readonly latency: { readonly rates: readonly number[]; readonly seconds: number; readonly windows: number };
  readonly search: SearchBounds & { readonly seconds: number };
  readonly sustained: { readonly seconds: number; readonly windows: number };
  /** The same load, kept busy, once early and once when `times` as many exchanges are stored. */
  readonly growth: { readonly exchanges: number; readonly inFlight: number; readonly times: number };
  /** Records per second through each Kafka client; 0 for a process that only waits. */
  readonly clients: { readonly rates: readonly number[]; readonly seconds: number; readonly windows: number };
  /** Batches of 256 and single rows per window; leaves of a small and a large log. */
  readonly log: {
    readonly windows: number;
    readonly batches: number;
    readonly rows: number;
    readonly verifications: number;
    readonly loneRecords: number;
    readonly smallLeaves: number;
    readonly largeLeaves: number;
  };
  /** Records that are searched, and how often each search is made. */
  readonly audit: { readonly records: number; readonly times: number };
  /** Evidence packs that are fetched. */
  readonly packs: number;
  readonly bare: { readonly records: Readonly<Record<InsertMode, number>>; readonly windows: number };
}

export const FULL_PLAN: Plan = {
  warmUp: { exchanges: 4_000, inFlight: 64, mostSeconds: 120 },
  latency: { rates: [20, 100, 300], seconds: 20, windows: 3 },
  search: { steps: 12, precision: 1.06, seconds: 12 },
  sustained: { seconds: 20, windows: 3 },
  growth: { exchanges: 2_000, inFlight: 64, times: 10 },
  clients: { rates: [0, 20, 100, 1_000], seconds: 8, windows: 3 },
  log: {
    windows: 5,
    batches: 100,
    rows: 2_000,
    verifications: 10_000,
    loneRecords: 500,
    smallLeaves: 10_000,
    largeLeaves: 1_000_000,
  },
  audit: { records: 1_000_000, times: 30 },
  packs: 40,
  bare: { records: { 'set-based': 20_000, 'statement-each': 10_000, 'commit-each': 3_000 }, windows: 3 },
};

/** Every part for a moment. */
export const SHORT_PLAN: Plan = {
  warmUp: { exchanges: 100, inFlight: 16, mostSeconds: 10 },
  latency: { rates: [20, 100], seconds: 2, windows: 1 },
  search: { steps: 2, precision: 1.5, seconds: 2 },
  sustained: { seconds: 2, windows: 1 },
  growth: { exchanges: 50, inFlight: 16, times: 2 },
  clients: { rates: [0, 100], seconds: 2, windows: 1 },
  log: {
    windows: 1,
    batches: 4,
    rows: 50,
    verifications: 200,
    loneRecords: 20,
    smallLeaves: 1_000,
    largeLeaves: 5_000,
  },
  audit: { records: 30_000, times: 2 },
  packs: 3,
  bare: { records: { 'set-based': 1_000, 'statement-each': 500, 'commit-each': 100 }, windows: 1 },
};
