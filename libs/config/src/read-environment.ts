import { z } from 'zod';
import { SeraiError } from '#libs/errors';

/**
 * Reads the variables that `schema` names out of an environment. A variable that is set to the empty string counts as unset.
 *
 * @param env the environment, given by the caller: nothing here looks at `process.env`
 * @param schema a zod object whose members are the variables
 * @returns the parsed values
 * @throws SeraiError `ERR_CONFIG_INVALID`, one sentence that names every wrong variable and never a value
 * @example readEnvironment(process.env, z.object({ SERAI_GATEWAY_PORT: listenPort(4100) }))
 */
export function readEnvironment<Schema extends z.ZodType>(env: NodeJS.ProcessEnv, schema: Schema): z.output<Schema> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(set, { error: wordOf });
  if (parsed.success) return parsed.data;
  const wrong = [
    ...new Set(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'configuration'} ${issue.message}`)),
  ];
  throw new SeraiError('ERR_CONFIG_INVALID', `Wrong configuration: ${wrong.join('; ')}.`, {
    detail: { variables: parsed.error.issues.map((issue) => issue.path.join('.')) },
  });
}

/** Words for the issues that zod raises itself; the checks of our own variables bring their own. */
function wordOf(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return 'is not set';
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  return 'has a wrong form';
}
