import { z } from 'zod';

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
  /** What is killed, in turn. */
  victims: z.array(z.string()).min(1),
  seed: z.number().int(),
  /** At least so many; more while victims are left. */
  exchanges: z.number().int().positive(),
  /** Of the server's superuser. */
  postgresUrl: z.string(),
  issuer: z.string(),
  /** Of every officer. */
  password: z.string(),
  /** File with the signed founding changes: who has which keys. */
  genesis: z.string(),
  /** `rs` asks, `iq` is asked. */
  rs: side,
  iq: side,
});

/** Kill this one at once; answered when another process has taken its place. */
export interface KillOrder {
  readonly kind: 'kill';
  readonly name: string;
}

export const killAnswer = z.object({
  kind: z.literal('restarted'),
  name: z.string(),
  /** What kept it from coming back. */
  problem: z.string().optional(),
});
export type KillAnswer = z.infer<typeof killAnswer>;
