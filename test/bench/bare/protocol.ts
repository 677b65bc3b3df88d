/**
 * How a fetched batch gets into PostgreSQL, one row per record each time: as our consumers do it, in one statement; or with one INSERT statement per
 * record, in one transaction per batch or each in its own.
 */
export const INSERT_MODES = ['set-based', 'statement-each', 'commit-each'] as const;
export type InsertMode = (typeof INSERT_MODES)[number];

export interface BareSettings {
  readonly brokers: readonly string[];
  /** Of the server's superuser: the pipeline makes a database of its own. */
  readonly postgresUrl: string;
  readonly recordBytes: number;
  /** Records of one window, by mode. */
  readonly records: Readonly<Record<InsertMode, number>>;
  readonly windows: number;
}

/** Records per second of each window. */
export type BareReport = Readonly<Record<InsertMode, readonly number[]>>;

export type BareAnswer =
  | { readonly kind: 'measured'; readonly report: BareReport }
  | { readonly kind: 'failed'; readonly message: string };
