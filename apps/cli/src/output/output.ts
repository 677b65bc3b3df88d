import type { Failure } from '../failure.js';

/** Where the tool writes: results to one stream, everything else to the other. */
export interface Terminal {
  result(text: string): void;
  remark(text: string): void;
}

/** Prints results for people, or as one JSON document (one per line for what never ends). */
export class Output {
  constructor(
    private readonly terminal: Terminal,
    private readonly json: boolean,
  ) {}

  /** `lines` is how people read `value`. */
  show(value: unknown, lines: string | readonly string[]): void {
    if (this.json) this.terminal.result(JSON.stringify(value, undefined, 2));
    else for (const line of typeof lines === 'string' ? [lines] : lines) this.terminal.result(line);
  }

  /** One of many that come over time. */
  stream(value: unknown, line: string): void {
    this.terminal.result(this.json ? JSON.stringify(value) : line);
  }

  remark(text: string): void {
    if (!this.json) this.terminal.remark(text);
  }

  fail({ code, message, fields }: Failure): void {
    if (this.json) {
      this.terminal.remark(JSON.stringify({ error: { code, message, fields } }));
      return;
    }
    this.terminal.remark(`${message} (${code})`);
    for (const { path, message: what } of fields ?? []) this.terminal.remark(`  ${path}: ${what}`);
  }
}

/** Columns of equal width; the last one runs on. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => [...(row[column] ?? '')].length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length))
      .join('  ')
      .trimEnd(),
  );
}
