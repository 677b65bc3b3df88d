import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const TOOLS = 'test/foreign/build-tools.mjs';

const measured = z.object({ leavesPerSecond: z.number().positive(), loneMs: z.array(z.number().positive()) });

/** What a log of Tessera did on its POSIX driver. */
export type TesseraFigures = z.infer<typeof measured>;

/** The Go program that measures Tessera; undefined where there is no Go. */
export async function buildTessera(say: (line: string) => void): Promise<string | undefined> {
  const tools = (await import(pathToFileURL(path.resolve(TOOLS)).href)) as {
    buildTools(checkout: string, say: (line: string) => void): Promise<string | undefined>;
  };
  const folder = await tools.buildTools(process.cwd(), say);
  if (folder === undefined) say('There is no Go here: Tessera is left out.');
  return folder && path.join(folder, 'tessera-bench');
}

/** Runs it once in a new folder: so many leaves in batches, then so many one after the other. */
export async function measureTessera(program: string, leaves: number, lone: number): Promise<TesseraFigures> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'serai-bench-tessera-'));
  try {
    const { stdout } = await promisify(execFile)(program, [folder, String(leaves), String(lone)]);
    return measured.parse(JSON.parse(stdout));
  } finally {
    await rm(folder, { recursive: true });
  }
}
