const LEVELS: Readonly<Record<number, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};
const NAME_WIDTH = 24;

/** A log line for the eye: `gateway | 12:03:04.120 INFO listening {"port":4100}`. What is not a JSON log record stays as it is. */
export function readableLine(source: string, line: string): string {
  return `${source.padEnd(NAME_WIDTH)}| ${readable(line)}`;
}

function readable(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const { level, time, msg, pid, hostname, app, ...rest } = JSON.parse(line) as Record<string, unknown>;
    const at = typeof time === 'string' || typeof time === 'number' ? new Date(time).toISOString().slice(11, 23) : '';
    const word = typeof level === 'number' ? (LEVELS[level] ?? level) : String(level ?? '').toUpperCase();
    const fields = Object.keys(rest).length > 0 ? JSON.stringify(rest) : '';
    return [at, word, msg, fields].filter((part) => part !== '' && part !== undefined).join(' ');
  } catch {
    return line;
  }
}
