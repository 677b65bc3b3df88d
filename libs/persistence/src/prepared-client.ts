import { createHash } from 'node:crypto';
import { Client, type ClientConfig } from 'pg';

/** Each connection remembers at most so many statements; those beyond are planned each time, as without a name. */
const MOST_STATEMENTS = 500;
const BEGIN = 'START TRANSACTION';

const names = new Map<string, string>();

/** The name under which PostgreSQL keeps a statement: the same text has the same name on every connection. */
function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= MOST_STATEMENTS) return known;
  const name = createHash('sha256').update(text).digest('base64url');
  names.set(text, name);
  return name;
}

/**
 * A connection on which each statement with parameters is parsed and planned once: planning is what short statements cost most.
 * The begin of a transaction is not waited for: it travels with the first statement. Should the connection break between them, that
 * statement fails as it would have anyway. Statements that are given before the process waits for something go out in one write, and the server
 * finds them all when it wakes.
 */
export class PreparedClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(typeof config === 'string' ? { connectionString: config, pipeline: true } : { ...config, pipeline: true });
    // Between the pool, which has let go of it, and its user, who does not listen yet: an error there that nobody hears would end the process. Whoever asks
    // something of the connection then is told.
    this.on('error', () => undefined);
  }

  private isHoldingWrites = false;

  override query(...args: unknown[]): never {
    this.holdWrites();
    const [text, values] = args;
    if (text === BEGIN && values === undefined) return this.begin() as never;
    const name = typeof text === 'string' && Array.isArray(values) && values.length > 0 ? nameOf(text) : undefined;
    const plain = super.query as (...all: unknown[]) => never;
    return name === undefined ? plain.apply(this, args) : plain.call(this, { name, text, values });
  }

  /** Until everything that is ready to run has run: the tick comes behind the microtasks. */
  private holdWrites(): void {
    if (this.isHoldingWrites) return;
    this.isHoldingWrites = true;
    const { stream } = this.connection;
    stream.cork();
    queueMicrotask(() =>
      process.nextTick(() => {
        this.isHoldingWrites = false;
        stream.uncork();
      }),
    );
  }

  private async begin(): Promise<void> {
    super.query(BEGIN).catch(() => undefined);
  }
}
