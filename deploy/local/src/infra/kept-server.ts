import type { KeptProgram } from '../supervision/supervisor.js';
import { processFacts } from './processes.js';

interface Server {
  readonly pid: number;
  untilEnd(): Promise<string>;
  stop(): Promise<void>;
}

/** An embedded server that can be started again as it was: same ports, same data. */
export class KeptServer<S extends Server> implements KeptProgram {
  private starting: Promise<void> = Promise.resolve();

  private constructor(
    readonly name: string,
    private readonly launch: () => Promise<S>,
    private server: S,
  ) {}

  static async start<S extends Server>(name: string, launch: () => Promise<S>): Promise<KeptServer<S>> {
    return new KeptServer(name, launch, await launch());
  }

  /** The server of the last start. */
  get running(): S {
    return this.server;
  }

  /** Process id while it runs. */
  get pid(): number | undefined {
    const { pid } = this.server;
    return processFacts(pid) ? pid : undefined;
  }

  start(): Promise<void> {
    this.starting = this.launch().then((server) => {
      this.server = server;
    });
    return this.starting;
  }

  untilEnd(): Promise<string> {
    return this.server.untilEnd();
  }

  /** Ends it, also one that is just being started. */
  async stop(): Promise<void> {
    await this.starting.catch(() => undefined);
    await this.server.stop();
  }
}
