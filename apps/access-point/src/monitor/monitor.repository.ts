import type { EntityManager } from 'typeorm';
import type { LogView } from '#libs/contracts';
import { EMPTY_ROOT, type WitnessedHead } from '#libs/transparency-log';
import type { SignedHead } from '../receipt/log-proof.js';

/** The newest published head that was verified. */
export interface MonitoredHead extends WitnessedHead {
  readonly note: Buffer | null;
  readonly witnessedAt: Date | null;
  readonly newsAt: Date;
  /** The log that goes on since this one has ended. */
  readonly continuedBy: string | null;
}

/** What a verified checkpoint says that was not known. */
export interface News extends WitnessedHead {
  readonly origin: string;
  readonly note: Buffer;
  readonly witnessedAt: Date;
  readonly newsAt: Date;
  /** That the log has ended, and which one goes on. */
  readonly continuedBy?: string;
}

interface HeadRow {
  readonly size: string;
  readonly root: Buffer;
  readonly note: Buffer | null;
  readonly witnessed_at: Date | null;
  readonly news_at: Date;
  readonly continued_by: string | null;
}

/** The newest head of a log; from the first question on there is one, that of the empty log. */
export async function findMonitoredHead(manager: EntityManager, origin: string, now: Date): Promise<MonitoredHead> {
  await manager.query(
    'insert into monitored_log (origin, size, root, news_at) values ($1, 0, $2, $3) on conflict do nothing',
    [origin, EMPTY_ROOT, now],
  );
  const [row]: HeadRow[] = await manager.query(
    'select size, root, note, witnessed_at, news_at, continued_by from monitored_log where origin = $1',
    [origin],
  );
  return headOf(row!);
}

/** The newest head of each log of which one was ever verified. */
export async function findSeenHeads(manager: EntityManager): Promise<(MonitoredHead & { readonly origin: string })[]> {
  const rows: (HeadRow & { readonly origin: string })[] = await manager.query(
    'select origin, size, root, note, witnessed_at, news_at, continued_by from monitored_log where note is not null',
  );
  return rows.map((row) => ({ origin: row.origin, ...headOf(row) }));
}

/** Never goes back: another instance may know more by now. */
export async function storeNews(manager: EntityManager, news: News): Promise<void> {
  const { origin, size, root, note, witnessedAt, newsAt, continuedBy } = news;
  await manager.query(
    `update monitored_log set size = $2, root = $3, note = $4, witnessed_at = $5, news_at = $6, continued_by = $7
      where origin = $1
        and (size < $2 or (size = $2 and root = $3 and (witnessed_at is null or witnessed_at < $5 or $7::text is not null)))`,
    [origin, size, root, note, witnessedAt, newsAt, continuedBy ?? null],
  );
}

function headOf({
  size,
  root,
  note,
  witnessed_at: witnessedAt,
  news_at: newsAt,
  continued_by: continuedBy,
}: HeadRow): MonitoredHead {
  return { size: Number(size), root, note, witnessedAt, newsAt, continuedBy };
}

export async function findMonitoredLogs(manager: EntityManager): Promise<LogView['logs']> {
  const rows: (HeadRow & { readonly origin: string })[] = await manager.query(
    'select origin, size, root, note, witnessed_at, news_at, continued_by from monitored_log order by origin',
  );
  return rows.map(
    ({ origin, size, root, note, witnessed_at: witnessedAt, news_at: newsAt, continued_by: continuedBy }) => ({
      origin,
      size: Number(size),
      root: root.toString('base64'),
      newsAt: newsAt.toISOString(),
      ...(witnessedAt ? { witnessedAt: witnessedAt.toISOString() } : {}),
      ...(note ? { checkpoint: note.toString('base64') } : {}),
      ...(continuedBy ? { continuedBy } : {}),
    }),
  );
}

/** The newest verified head of each log that has one. */
export async function findSignedHeads(manager: EntityManager): Promise<SignedHead[]> {
  const rows: (HeadRow & { readonly origin: string; readonly note: Buffer })[] = await manager.query(
    'select origin, size, root, note from monitored_log where note is not null order by origin',
  );
  return rows.map(({ origin, size, root, note }) => ({ origin, size: Number(size), root, note }));
}
