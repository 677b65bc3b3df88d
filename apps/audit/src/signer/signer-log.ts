import { isSeraiError } from '#libs/errors';

/** JSON lines on standard output, as every app of the hub writes them. The signer loads no more than it needs, so this is its own. */
export class SignerLog {
  info(message: string, fields: object = {}): void {
    this.write('info', message, fields);
  }

  warn(message: string, fields: object = {}): void {
    this.write('warn', message, fields);
  }

  error(message: string, fields: object = {}): void {
    this.write('error', message, fields);
  }

  private write(level: string, msg: string, fields: object): void {
    const line = { level, time: new Date().toISOString(), app: 'audit-signer', msg, ...fields };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}

/** What may be written of an error. */
export function described(error: unknown): object {
  if (isSeraiError(error)) return { code: error.code, reason: error.message };
  const { code, name } = error as { code?: string; name?: string };
  return { code: code ?? name };
}
