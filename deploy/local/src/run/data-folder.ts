import path from 'node:path';

/** Where `npm start` keeps data, keys and its run file: `.serai` in the checkout, or SERAI_DATA_DIR. */
export function dataFolder(checkout: string, env: Readonly<Record<string, string | undefined>>): string {
  return env['SERAI_DATA_DIR'] ? path.resolve(env['SERAI_DATA_DIR']) : path.join(checkout, '.serai');
}
