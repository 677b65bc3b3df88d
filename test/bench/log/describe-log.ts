import type { LogResult } from './measure-log.js';

const per = (rate: number): string => `${rate.toFixed(0)}/s`;

/** The result for people, as lines. */
export function describeLog({ growth, loneWriter, tessera, fsckPerSecond, ratios, ...result }: LogResult): string {
  const fsck = Object.entries(fsckPerSecond).map(([part, rate]) => `${part} ${per(rate)}`);
  return [
    `Sequenced in batches of 256: ${per(result.sequencedPerSecond)}`,
    `  one hash-chained row per event: ${per(result.chainedRowsPerSecond)}, ratio ${ratios.sequencedToChainedRows.toFixed(1)} (must be 10, aim 20)`,
    `  one row per event: ${per(result.rowsPerSecond)}, ratio ${ratios.sequencedToRows.toFixed(1)} (must be 5, aim 10)`,
    `  ES256 verifications: ${per(result.es256VerificationsPerSecond)}; time per event to one of them ${ratios.eventToVerification.toFixed(2)} (must be at most 1, aim 0.4)`,
    `A lone writer: p50 ${loneWriter.p50.toFixed(1)} ms, p99 ${loneWriter.p99.toFixed(1)} ms (must be at most 5 ms)`,
    ...(tessera === undefined
      ? ['Tessera: not measured, there is no Go here']
      : [
          `Tessera (POSIX, no database): ${per(tessera.leavesPerSecond)}, ratio ${ratios.sequencedToTessera?.toFixed(2)} (must be 0.125)`,
          `  its lone writer: p50 ${tessera.loneWriter.p50.toFixed(1)} ms, p99 ${tessera.loneWriter.p99.toFixed(1)} ms; ours takes ${ratios.loneToTessera?.toFixed(2)} of that (must be below 1)`,
        ]),
    `Tiles written: ${per(result.tilesWrittenPerSecond)}; bytes per leaf to those of its hash ${ratios.tileBytesToHash.toFixed(4)} (must be at most 1.01)`,
    `fsck: ${fsck.join(', ')}; the slowest to sequencing ${ratios.fsckToSequenced.toFixed(1)} (must be 4, aim 10)`,
    ...growth.map(
      ({ leaves, sequencedPerSecond: rate, beginMs }) =>
        `At ${leaves} leaves: ${per(rate)}, taking over takes ${beginMs.toFixed(0)} ms`,
    ),
    `  large to small: ${ratios.largeToSmall.toFixed(2)} (must be 0.9, aim 0.98); taking over ${ratios.beginLargeToSmall.toFixed(2)} (must be at most 2, aim 1.2)`,
  ].join('\n');
}
