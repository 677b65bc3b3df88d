import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const session = z.object({
  accessPoint: z.string(),
  issuer: z.string(),
  participant: z.string(),
  tokens: z.object({ accessToken: z.string(), expiresAt: z.number(), refreshToken: z.string().optional() }),
});

/** A log-in that later commands go on with. */
export type Session = z.infer<typeof session>;

/** The kept session, or undefined when there is none that can be read. */
export function readSession(file: string): Session | undefined {
  try {
    return session.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Replaces the file in one step; only its owner may read it. */
export function writeSession(file: string, kept: Session): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const unfinished = `${file}.new`;
  writeFileSync(unfinished, JSON.stringify(kept), { mode: 0o600 });
  renameSync(unfinished, file);
}

export function removeSession(file: string): void {
  rmSync(file, { force: true });
}
