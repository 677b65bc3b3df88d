export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

/** A logger that keeps what it is told, for libs that take a logger with these four methods. */
export class RecordingLogger {
  readonly entries: LogEntry[] = [];
  readonly debug = this.at('debug');
  readonly info = this.at('info');
  readonly warn = this.at('warn');
  readonly error = this.at('error');

  private at(level: LogEntry['level']): (fields: object, message: string) => void {
    return (fields, message) => this.entries.push({ level, fields, message });
  }
}
