import fs from 'node:fs';
import path from 'node:path';
import { LOG_SIGNER, PARTICIPANTS } from '../community/community.js';
import { type Founding, foundCommunity } from '../community/founding.js';
import { choosePort } from '../infra/ports.js';
import type { KeptProgram, Supervisor } from '../supervision/supervisor.js';
import { AppProcess } from './app-process.js';
import { type AppContext, envOf, grantOf, hasDatabase, type Instance, instancesFor, signerEnvOf } from './apps.js';
import { dropDatabases } from './databases.repository.js';
import { prepareServers } from './prepare-servers.js';

export interface ConstellationOptions {
  /** Root of the checkout, where `dist` is. */
  readonly checkout: string;
  /** Keys, secrets and logs are kept here; a later start with the same folder goes on with the same community. */
  readonly dir: string;
  readonly infra: {
    readonly postgres: { readonly url: string };
    readonly kafka: { readonly brokers: readonly string[] };
  };
  /** `default` takes the documented ports where they are free, `free` any free ones. */
  readonly ports: 'default' | 'free';
  /** Ids of the participants that take part; all of them unless given. */
  readonly participants?: readonly string[];
  /** Keeps several constellations on the same servers apart; also the prefix of topics and groups, except for the default `serai`. */
  readonly namespace?: string;
  /** False when this build has migrated these databases before. Default true. */
  readonly migrate?: boolean;
  /** Variables for every app, such as SERAI_LOG_LEVEL. */
  readonly env?: Readonly<Record<string, string>>;
  /** Starts apps again that end by themselves; without one, nothing is restarted. */
  readonly supervisor?: Supervisor;
  /** Called with the name of an instance, or `local`, and a line without its end. */
  readonly log: (source: string, line: string) => void;
  /** Called whenever processes were started, so that they can be found if we are killed. */
  readonly onSpawn?: (constellation: Constellation) => void;
}

const PARALLEL_MIGRATIONS = 3;

/**
 * Starts every app as a process of its own on given servers: makes databases and roles, the community's keys and genesis on first use,
 * migrates, creates topics, and waits until all are ready.
 *
 * @example const constellation = await startConstellation({ checkout, dir, infra, ports: 'free', log: () => undefined });
 */
export async function startConstellation(options: ConstellationOptions): Promise<Constellation> {
  const namespace = options.namespace ?? 'serai';
  const wanted = options.participants;
  const participants = wanted ? PARTICIPANTS.filter(({ id }) => wanted.includes(id)) : PARTICIPANTS;
  const instances = instancesFor(participants);
  setLogsAside(path.join(options.dir, 'logs'), [...instances.map(({ name }) => name), LOG_SIGNER]);
  const founding = await foundCommunity(options.dir, participants);
  const context: AppContext = {
    postgresUrl: options.infra.postgres.url,
    brokers: options.infra.kafka.brokers,
    namespace,
    topicPrefix: namespace === 'serai' ? '' : `${namespace}.`,
    founding,
    addresses: await chooseAddresses(instances, options),
  };
  await prepareServers(instances, context);
  if (options.migrate ?? true) await migrate(instances, context, options);
  const constellation = new Constellation(options, context, instances);
  await constellation.start();
  return constellation;
}

/** The lines of the run before stay beside the new ones; older ones go. */
function setLogsAside(folder: string, names: readonly string[]): void {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of names) {
    const file = path.join(folder, `${name}.log`);
    if (fs.existsSync(file)) fs.renameSync(file, path.join(folder, `${name}.previous.log`));
  }
}

async function chooseAddresses(
  instances: readonly Instance[],
  { ports, log }: ConstellationOptions,
): Promise<Record<string, string>> {
  const addresses: Record<string, string> = {};
  for (const { name, defaultPort } of instances) {
    const port = await choosePort(ports === 'default' ? defaultPort : 0, name, (line) => log('local', line));
    addresses[name] = `http://127.0.0.1:${port}`;
  }
  return addresses;
}

async function migrate(
  instances: readonly Instance[],
  context: AppContext,
  options: ConstellationOptions,
): Promise<void> {
  const waiting = instances.filter(hasDatabase);
  const worker = async (): Promise<void> => {
    for (let instance = waiting.shift(); instance; instance = waiting.shift()) {
      await processOf(instance, 'migrate.js', context, options).run();
    }
  };
  // The others finish first: a migration is not to be cut off because another one failed.
  const ends = await Promise.allSettled(Array.from({ length: PARALLEL_MIGRATIONS }, worker));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

function processOf(instance: Instance, script: string, context: AppContext, options: ConstellationOptions): AppProcess {
  const { name, app } = instance;
  const command = { name, app, script, env: envOf(instance, context) };
  return programOf({ ...command, address: context.addresses[name] ?? '' }, options);
}

interface Program {
  readonly name: string;
  readonly app: string;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly address?: string;
}

function programOf(
  { app, script, ...program }: Program,
  { checkout, dir, env, log }: ConstellationOptions,
): AppProcess {
  const { PATH = '', HOME = '', LANG = 'C.UTF-8', TMPDIR, SERAI_TEST_RUN, SERAI_KAFKA_CLIENT } = process.env;
  return new AppProcess(
    {
      ...program,
      script: path.join(checkout, 'dist/apps', app, 'src', script),
      env: {
        PATH,
        HOME,
        LANG,
        ...(TMPDIR && { TMPDIR }),
        // Marks the processes of a test run (test/run.mjs).
        ...(SERAI_TEST_RUN && { SERAI_TEST_RUN }),
        ...(SERAI_KAFKA_CLIENT && { SERAI_KAFKA_CLIENT }),
        NODE_ENV: 'development',
        // Ten processes load the same modules: compile them once.
        NODE_COMPILE_CACHE: path.join(checkout, 'node_modules/.cache/compiled'),
        ...program.env,
        ...env,
      },
    },
    { logFile: path.join(dir, 'logs', `${program.name}.log`), onLine: (line) => log(program.name, line) },
  );
}

/** Nobody waits for the signer: it waits for the witnesses. */
const keptSigner = (signer: AppProcess): KeptProgram => ({
  name: signer.name,
  start: async () => signer.start(),
  untilEnd: () => signer.untilExit(),
});

const keptProgram = (app: AppProcess): KeptProgram => ({
  name: app.name,
  start: async () => {
    app.start();
    await app.untilReady();
  },
  untilEnd: () => app.untilExit(),
});

/** A running constellation. */
export class Constellation {
  private readonly processes: Map<string, AppProcess>;

  constructor(
    private readonly options: ConstellationOptions,
    private readonly context: AppContext,
    private readonly instances: readonly Instance[],
  ) {
    const signer = { name: LOG_SIGNER, app: 'audit', script: 'signer.js', env: signerEnvOf(context) };
    this.processes = new Map([
      ...instances.map((instance) => [instance.name, processOf(instance, 'main.js', context, options)] as const),
      [LOG_SIGNER, programOf(signer, options)],
    ]);
  }

  /** Base address by instance name: `gateway`, `directory`, ..., `access-point-rs`. */
  get addresses(): Readonly<Record<string, string>> {
    return this.context.addresses;
  }

  /** Keys, accounts and passwords of the community. */
  get founding(): Founding {
    return this.context.founding;
  }

  /** Log file of an instance: every line since this constellation was started. */
  logFile(name: string): string {
    return path.join(this.options.dir, 'logs', `${name}.log`);
  }

  /** What an instance is told by its environment: also what a tool of its app needs. */
  environment(name: string): Readonly<Record<string, string>> {
    return this.find(name).command.env;
  }

  /** Processes that run now. */
  running(): { readonly name: string; readonly pid: number }[] {
    return [...this.processes.values()].flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, pid }]));
  }

  /**
   * Starts every process and waits until all serve; ends them again when one fails. The hub comes first: an access point that finds
   * nobody would only fill the log.
   */
  async start(): Promise<void> {
    try {
      this.launch(LOG_SIGNER);
      for (const group of [this.group('hub'), this.group('agencies')]) {
        for (const { name } of group) this.launch(name);
        this.options.onSpawn?.(this);
        await Promise.all(group.map((app) => app.untilReady()));
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
    for (const app of this.processes.values())
      this.options.supervisor?.keep(app.name === LOG_SIGNER ? keptSigner(app) : keptProgram(app));
  }

  private group(which: 'hub' | 'agencies'): AppProcess[] {
    const members = this.instances.filter(({ participant }) => (participant !== undefined) === (which === 'agencies'));
    return members.map(({ name }) => this.find(name));
  }

  private stopping = false;

  private launch(name: string): void {
    const app = this.find(name);
    app.start();
    // A supervisor says more.
    if (this.options.supervisor) return;
    void app.untilExit().then((end) => {
      if (!this.stopping) this.options.log('local', `${name} ended (${end}).`);
    });
  }

  private find(name: string): AppProcess {
    const app = this.processes.get(name);
    if (!app) throw new Error(`no instance is called ${name}; there are ${[...this.processes.keys()].join(', ')}`);
    return app;
  }

  /** Sends a signal to one process; SIGKILL resolves when it is gone. */
  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.find(name).kill(signal);
  }

  /** Starts a process that ended (ends it first when it runs) and waits until it serves. */
  async restart(name: string): Promise<void> {
    await this.find(name).stop();
    this.launch(name);
    await this.find(name).untilReady();
  }

  /** Ends a process and starts it with another environment; {@link restart} waits until it serves. */
  async reconfigure(name: string, env: Readonly<Record<string, string>>): Promise<void> {
    const before = this.find(name);
    await before.stop();
    this.processes.set(name, before.with(env));
    this.launch(name);
  }

  /** Ends every process: access points first, then the hub, so that nobody reports a lost peer. A supervisor is to be stopped before. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const group of [this.group('agencies'), this.group('hub')]) await Promise.all(group.map((app) => app.stop()));
    await this.find(LOG_SIGNER).stop();
  }

  /** Forgets databases and roles; for constellations of tests, after `stop`. */
  async dropDatabases(): Promise<void> {
    const grants = this.instances.filter(hasDatabase).map((instance) => grantOf(instance, this.context));
    await dropDatabases(this.context.postgresUrl, grants);
  }
}
