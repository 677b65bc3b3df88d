import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MeasuredProcess } from '../target.js';
import { type CpuProfile, describeProfile } from './profile-summary.js';

const SAMPLE_EVERY_US = 500;

/** Profiles every process whose inspector is open (`--inspect` in NODE_OPTIONS) at the same time, writes `<name>.cpuprofile` files, and sums them up. */
export async function profileProcesses(
  processes: readonly MeasuredProcess[],
  folder: string,
  seconds: number,
): Promise<string> {
  fs.mkdirSync(folder, { recursive: true });
  const inspected = processes.flatMap(({ name, logFile }) => {
    const url = logFile && inspectorOf(fs.readFileSync(logFile, 'utf8'));
    return url ? [{ name, url }] : [];
  });
  const summaries = await Promise.all(
    inspected.map(async ({ name, url }) => {
      const profile = await profileOne(url, seconds);
      fs.writeFileSync(path.join(folder, `${name}.cpuprofile`), JSON.stringify(profile));
      return describeProfile(name, profile);
    }),
  );
  return summaries.join('\n');
}

/** Address of the inspector of the last start that the log tells of. */
function inspectorOf(log: string): string | undefined {
  return [...log.matchAll(/^Debugger listening on (ws:\/\/\S+)$/gm)].at(-1)?.[1];
}

async function profileOne(url: string, seconds: number): Promise<CpuProfile> {
  const inspector = await Inspector.connect(url);
  try {
    await inspector.command('Profiler.enable');
    await inspector.command('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US });
    await inspector.command('Profiler.start');
    await sleep(seconds * 1000);
    const { profile } = (await inspector.command('Profiler.stop')) as { profile: CpuProfile };
    return profile;
  } finally {
    inspector.close();
  }
}

/** As much of the Chrome DevTools protocol as one profile needs. */
class Inspector {
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private commands = 0;

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => {
      const { id, result, error } = JSON.parse(String(data));
      if (error) this.waiting.get(id)?.reject(new Error(error.message));
      else this.waiting.get(id)?.resolve(result);
      this.waiting.delete(id);
    });
    socket.addEventListener('close', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('the inspector went away'));
    });
  }

  static async connect(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', () => reject(new Error(`no inspector answers at ${url}`)), { once: true });
    });
    return new Inspector(socket);
  }

  async command(method: string, params: object = {}): Promise<unknown> {
    this.commands += 1;
    const answer = Promise.withResolvers<unknown>();
    this.waiting.set(this.commands, answer);
    this.socket.send(JSON.stringify({ id: this.commands, method, params }));
    return answer.promise;
  }

  close(): void {
    this.socket.close();
  }
}
