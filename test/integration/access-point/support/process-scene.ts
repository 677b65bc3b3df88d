import { type TestDatabase, testDatabase } from '#libs/testing';
import { databaseSettings } from '../../../../apps/access-point/src/database/database-settings.js';
import { OfficerClient } from './access-point.js';
import { AccessPointProcess, Premises } from './access-point-process.js';
import { Community, deskOf } from './community.js';
import { HubDouble } from './hub-double.js';
import { IdentityDouble } from './identity-double.js';

/** Serbia's access point as processes that come and go, and an officer who works there. */
export class ProcessScene {
  /** Base address of the process that serves {@link milica}. */
  address = '';
  readonly milica: OfficerClient;
  /** The newest last. */
  readonly started: AccessPointProcess[] = [];

  private constructor(
    readonly hub: HubDouble,
    private readonly idp: IdentityDouble,
    readonly database: TestDatabase,
    readonly premises: Premises,
  ) {
    const at = { member: 'rs', idp, url: async () => this.address } as const;
    this.milica = new OfficerClient(at, ['LIAISON_OFFICER'], deskOf('rs', 'liaison'), 'rs.liaison');
  }

  /** @param isMigrated false: the database is empty, for tests that migrate it themselves */
  static async set({ isMigrated = true } = {}): Promise<ProcessScene> {
    const community = await Community.found();
    const hub = await new HubDouble(community).start();
    const idp = await new IdentityDouble().start();
    const settings = databaseSettings('');
    const { schema, entities } = settings;
    const database = await testDatabase(isMigrated ? settings : { schema, entities });
    return new ProcessScene(hub, idp, database, await Premises.furnish('rs', { community, hub, idp }, database));
  }

  start(script: 'main' | 'migrate' = 'main', change: Record<string, string> = {}): AccessPointProcess {
    const process = new AccessPointProcess(script, { ...this.premises.environment, ...change });
    this.started.push(process);
    return process;
  }

  /** The process that was started last. */
  get current(): AccessPointProcess {
    return this.started.at(-1)!;
  }

  /** Starts one that serves {@link milica} when this resolves. */
  async serve(): Promise<void> {
    this.address = await this.start().ready();
  }

  async end(): Promise<void> {
    for (const process of this.started) await process.kill();
    await this.hub.stop();
    await this.idp.stop();
    await this.database.drop();
    await this.premises.clear();
  }
}
