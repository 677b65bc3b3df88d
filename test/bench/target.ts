import { z } from 'zod';

const measuredProcess = z.object({
  /** `gateway`, `access-point-rs`, `Kafka`. */
  name: z.string(),
  pid: z.number().int(),
  /** Every line of an app; absent for PostgreSQL and Kafka. */
  logFile: z.string().optional(),
});
export type MeasuredProcess = z.infer<typeof measuredProcess>;

/** The constellation that deploy/local/src/bench.ts has brought up. */
export const target = z.object({
  processes: z.array(measuredProcess),
  /** Of the server's superuser. */
  postgresUrl: z.string(),
  brokers: z.array(z.string()),
  issuer: z.string(),
  /** Of every officer. */
  password: z.string(),
  /** Address of the service that hands out feeds. */
  notifications: z.string(),
  /** Addresses of the access points: `rs` sends, `iq` receives. */
  accessPoints: z.object({ rs: z.string(), iq: z.string() }),
});
export type Target = z.infer<typeof target>;
