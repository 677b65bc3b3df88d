import path from 'node:path';
import { median } from '../statistics/distribution.js';

/** What the inspector's Profiler.stop returns, as far as it is used here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  /** Microseconds. */
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Hotspot {
  /** Function and file, or package. */
  readonly name: string;
  readonly selfMs: number;
}

const PRINTED = 18;
/** A sample that came much later than the others means that the process waited for a core, not that the function took so long. */
const LATEST_SAMPLE = 3;
const IDLE = ['(idle)', '(root)'];

/** Where the time itself went, most first; time without work is left out. */
export function hotspots(
  profile: CpuProfile,
  nameOf: (frame: CpuProfile['nodes'][number]['callFrame']) => string,
): Hotspot[] {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const idle = new Set(
    profile.nodes.filter(({ callFrame }) => IDLE.includes(callFrame.functionName)).map(({ id }) => id),
  );
  const times = new Map<string, number>();
  const longest = LATEST_SAMPLE * median(profile.timeDeltas);
  for (const [index, id] of profile.samples.entries()) {
    if (idle.has(id)) continue;
    const name = names.get(id) ?? '?';
    times.set(name, (times.get(name) ?? 0) + Math.min(longest, profile.timeDeltas[index] ?? 0) / 1000);
  }
  return [...times].map(([name, selfMs]) => ({ name, selfMs })).sort((a, b) => b.selfMs - a.selfMs);
}

/** `verify (node:crypto)`, `query (pg/lib/client.js)`, `handle (apps/requests/src/leg/leg.service.js)`. */
export function frameName({ functionName, url }: { functionName: string; url: string }): string {
  const place = placeOf(url);
  return `${functionName === '' ? '(anonymous)' : functionName}${place === '' ? '' : ` (${place})`}`;
}

/** `pg`, `@nestjs/core`, `node:internal/streams`, `libs/envelope`, or the engine's own. */
export function packageName({ functionName, url }: { functionName: string; url: string }): string {
  const place = placeOf(url);
  if (place === '') return functionName.startsWith('(') ? functionName : 'native';
  const [first = '', second = '', third = ''] = place.split('/');
  if (first.startsWith('@') || first === 'libs' || first.startsWith('node:'))
    return [first, second].filter(Boolean).join('/');
  return first === 'apps' ? `${first}/${second}/${third}` : first;
}

function placeOf(url: string): string {
  const installed = url.lastIndexOf('/node_modules/');
  if (installed !== -1) return url.slice(installed + '/node_modules/'.length);
  const compiled = url.lastIndexOf('/dist/');
  return compiled === -1 ? url : path.posix.normalize(url.slice(compiled + '/dist/'.length));
}

/** The most expensive functions and packages of a process, as shares of the time in which it worked. */
export function describeProfile(name: string, profile: CpuProfile): string {
  const functions = hotspots(profile, frameName);
  const busyMs = functions.reduce((sum, { selfMs }) => sum + selfMs, 0);
  const wallMs = (profile.endTime - profile.startTime) / 1000;
  const lines = (all: readonly Hotspot[]): string[] =>
    all.slice(0, PRINTED).map((spot) => `    ${((spot.selfMs / busyMs) * 100).toFixed(1).padStart(5)} %  ${spot.name}`);
  return [
    `${name}: at work ${(busyMs / wallMs).toFixed(2)} of the time`,
    '  by package',
    ...lines(hotspots(profile, packageName)),
    '  by function',
    ...lines(functions),
  ].join('\n');
}
