import { z } from 'zod';

const strike = z.object({
  kind: z.enum(['kill', 'outage', 'pause', 'restart', 'fill', 'flood']),
  /** Name of the process. */
  name: z.string(),
  /** How long an outage or a pause lasts, or a disk is full. */
  ms: z.number(),
});
export type Strike = z.infer<typeof strike>;

const side = z.object({
  /** URN of the participant. */
  participant: z.string(),
  accessPoint: z.string(),
  /** Database of the access point. */
  database: z.string(),
  keystore: z.object({ path: z.string(), passphrase: z.string() }),
});
export type Target = z.infer<typeof target>;

/** The constellation that deploy/local/src/faults.ts has brought up, and what to do to it. */
export const target = z.object({
  /** Base address by the name of every app. */
  apps: z.record(z.string(), z.string()),
  /** What is done, in turn. */
  strikes: z.array(strike).min(1),
  seed: z.number().int(),
  /** At least so many; more while strikes are left. */
  exchanges: z.number().int().positive(),
  /** Of the server's superuser. */
  postgresUrl: z.string(),
  issuer: z.string(),
  /** Of every officer. */
  password: z.string(),
  /** File with the signed founding changes: who has which keys. */
  genesis: z.string(),
  /** Environment of the service that keeps the log. */
  audit: z.record(z.string(), z.string()),
  /** `rs` asks, `iq` is asked. */
  rs: side,
  iq: side,
});

/** Answer to a {@link Strike}: the process goes on, or another has taken its place. */
const over = z.object({
  kind: z.literal('over'),
  /** What kept it from coming back. */
  problem: z.string().optional(),
});

/** A process ended that nobody had struck, or otherwise than the strike ends it; it is started again. */
const ended = z.object({
  kind: z.literal('ended'),
  /** Its name and how it ended. */
  what: z.string(),
});

/** What the program that brought the constellation up says. */
export const report = z.discriminatedUnion('kind', [over, ended]);
