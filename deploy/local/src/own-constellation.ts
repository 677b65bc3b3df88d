import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Constellation, startConstellation } from './constellation/constellation.js';
import { removeVolumes } from './infra/containers.js';
import { type Infra, startInfra } from './infra/infra.js';
import { outsideFolder } from './infra/postgres/unprivileged-home.js';
import { guardFolder } from './infra/processes.js';
import { SmallDisk } from './infra/small-disk.js';
import { untilStopped } from './run-command.js';
import { Supervisor } from './supervision/supervisor.js';

/** What runs, for whoever works with it. */
export interface Running {
  readonly infra: Infra;
  readonly constellation: Constellation;
  /** Starts again what dies, where that was wished for. */
  readonly supervisor: Supervisor | undefined;
  /** Small disks, by the name of who has its data there. */
  readonly disks: ReadonlyMap<string, SmallDisk>;
}

/** A program that works with a constellation which is brought up for it alone. */
export interface OwnConstellationOptions {
  /** In the name of the temporary folder. */
  readonly name: string;
  /** Compiled program below `dist`; what it is told comes in its first message, and it ends when the channel does. */
  readonly script: string;
  readonly args: readonly string[];
  /** Ids of the participants. */
  readonly participants: readonly string[];
  /** Variables for every app. */
  readonly env?: Readonly<Record<string, string>>;
  /** True when what dies is to be started again. */
  readonly supervised: boolean;
  /** Servers whose data are to lie on a small disk of their own each: `PostgreSQL`, `Kafka`. */
  readonly smallDisks?: readonly string[];
  /** The first message to the program. */
  readonly target: (running: Running) => object;
  /** Its messages, and how to answer. */
  readonly onMessage?: (running: Running, message: unknown, answer: (message: object) => void) => void;
  /** Where things are started again: what ended, how, and how to tell the program. */
  readonly onEnd?: (name: string, end: string, tell: (message: object) => void) => void;
}

/** Where embedded servers keep their data, below the data folder. */
const FOLDERS: Readonly<Record<string, string>> = { PostgreSQL: 'postgres', Kafka: 'kafka' };
const checkout = path.resolve(import.meta.dirname, '../../../..');
const say = (line: string): void => console.error(line);

/** Brings up servers and apps as durable as those of `npm start`, runs the program, throws everything away, and sets the exit code to the program's. */
export async function onOwnConstellation(options: OwnConstellationOptions): Promise<void> {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), `serai-${options.name}-`));
  // PostgreSQL may run as another user, who has to pass through; everything inside is closed by itself.
  fs.chmodSync(dataDir, 0o711);
  const release = guardFolder(dataDir);
  const own = new OwnConstellation(options, dataDir);
  const stopped = untilStopped();
  const starting = own.bringUp();
  const worked = starting.then((running) => own.runProgram(running));
  worked.catch(() => undefined);
  try {
    const end = await Promise.race([stopped, worked]);
    if (typeof end === 'string') say(`Stopping (${end}) ...`);
    process.exitCode = typeof end === 'string' ? 130 : end;
  } finally {
    await own.takeDown(starting);
    for (const folder of [dataDir, outsideFolder(dataDir)]) {
      fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    }
    release();
  }
}

class OwnConstellation {
  private infra: Infra | undefined;
  private constellation: Constellation | undefined;
  private program: ChildProcess | undefined;
  private readonly disks = new Map<string, SmallDisk>();
  private readonly supervisor: Supervisor | undefined;

  constructor(
    private readonly options: OwnConstellationOptions,
    private readonly dataDir: string,
  ) {
    if (!options.supervised) return;
    const onEnd = (name: string, end: string): void => options.onEnd?.(name, end, (message) => this.tell(message));
    this.supervisor = new Supervisor({ log: say, onEnd });
  }

  async bringUp(): Promise<Running> {
    const { SERAI_POSTGRES_URL, SERAI_KAFKA_BROKERS, ...env } = process.env;
    const { dataDir, supervisor } = this;
    const { participants } = this.options;
    say(`Bringing up PostgreSQL, Kafka and the apps of ${participants.length} participants ...`);
    const kept = supervisor ? { supervisor } : {};
    await this.mountDisks();
    const infra = await startInfra({ checkout, dataDir, env, log: say, ...kept });
    this.infra = infra;
    const constellation = await startConstellation({
      checkout,
      dir: dataDir,
      infra,
      ports: 'free',
      participants,
      env: this.options.env ?? {},
      log: (source, line) => source === 'local' && say(line),
      onSpawn: (spawned) => {
        this.constellation = spawned;
      },
      ...kept,
    });
    return { infra, constellation, supervisor, disks: this.disks };
  }

  private async mountDisks(): Promise<void> {
    for (const name of new Set(this.options.smallDisks)) {
      this.disks.set(name, await SmallDisk.mount(path.join(this.dataDir, FOLDERS[name] ?? name)));
    }
  }

  /** Resolves to the program's exit code. */
  async runProgram(running: Running): Promise<number> {
    const { script, args, target, onMessage } = this.options;
    const flags = ['--enable-source-maps'];
    const child = spawn(process.execPath, [...flags, path.join(checkout, 'dist', script), ...args], {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.program = child;
    child.on('message', (message) => onMessage?.(running, message, (answer) => this.tell(answer)));
    child.send(target(running));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? 1));
    });
  }

  private tell(message: object): void {
    if (this.program?.connected) this.program.send(message);
  }

  async takeDown(starting: Promise<unknown>): Promise<void> {
    this.program?.kill('SIGTERM');
    const supervised = this.supervisor?.stop();
    await this.constellation?.stop();
    // Ending the apps makes a start that waits for them fail; the servers may only now be up.
    await starting.catch(() => undefined);
    await this.constellation?.stop();
    await this.infra?.stop();
    await supervised;
    const kinds = [this.infra?.postgres.kind, this.infra?.kafka.kind];
    if (kinds.includes('containers')) await removeVolumes(this.dataDir);
    for (const disk of this.disks.values()) await disk.unmount();
  }
}
