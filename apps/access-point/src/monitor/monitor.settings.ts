/** How the log is watched. */
export interface MonitorSettings {
  readonly everyMs: number;
  /** After so long without anything new the log counts as stale. */
  readonly staleAfterMs: number;
}

export const MONITOR_SETTINGS = Symbol('serai.monitor-settings');
