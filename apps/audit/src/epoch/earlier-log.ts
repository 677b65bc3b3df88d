import { z } from 'zod';
import { isKeyName } from '#libs/transparency-log';

/** A log of this hub that has ended: it is read, and nothing is added to it. */
export interface EarlierLog {
  readonly origin: string;
  /** Schema of its tables. */
  readonly schema: string;
  /** Where its checkpoint and tiles lie as files. */
  readonly logFolder: string;
}

const SCHEMA = /^[a-z][a-z0-9_]{0,62}$/;

/** Schema of a log's tables; that of the first is named after the service. */
export const logSchema = z.string().regex(SCHEMA, 'must be the name of a schema, like audit_2027').default('audit');

/** `origin=schema:folder`, separated by commas, the newest first. */
export const earlierLogs = z
  .string()
  .transform((value, context): readonly EarlierLog[] => {
    const logs = value.split(',').map((part): EarlierLog | undefined => {
      const [, origin = '', schema = '', logFolder = ''] = /^\s*([^\s=]+)=([^\s:]+):(\S+)\s*$/.exec(part) ?? [];
      return isKeyName(origin) && SCHEMA.test(schema) ? { origin, schema, logFolder } : undefined;
    });
    const known = logs.filter((log) => log !== undefined);
    const isApart = [known.map(({ origin }) => origin), known.map(({ schema }) => schema)].every(
      (names) => new Set(names).size === logs.length,
    );
    if (isApart) return known;
    context.addIssue({ code: 'custom', message: 'must be origin=schema:folder, comma separated, each log once' });
    return z.NEVER;
  })
  .default([]);
