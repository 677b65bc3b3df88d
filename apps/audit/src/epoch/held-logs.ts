import type { OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { HubIdentity } from '#libs/hub';
import type { AuditConfig } from '../config.js';
import { openDatabase } from '../database/open-database.js';
import { LeafRepository } from '../leaf/leaf.repository.js';
import { SaltWrap } from '../leaf/salt-wrap.js';
import { LogFolder } from '../tile/log-folder.js';

/** Each earlier log is read now and then. */
const POOL_SIZE = 2;

/** A log of this hub with everything that is kept of it. */
export interface HeldLog {
  readonly origin: string;
  readonly folder: LogFolder;
  readonly database: DataSource;
  readonly leaves: LeafRepository;
  readonly salts: SaltWrap;
}

/** The log that grows and those that it continues. */
export class HeldLogs implements OnApplicationShutdown {
  private constructor(
    readonly current: HeldLog,
    /** The newest first. */
    readonly earlier: readonly HeldLog[],
  ) {}

  /** @throws SeraiError ERR_DATABASE_SCHEMA when an earlier log's schema is another version's */
  static async open(config: AuditConfig, database: DataSource, identity: HubIdentity): Promise<HeldLogs> {
    const held = ({ origin, logFolder }: Pick<AuditConfig, 'origin' | 'logFolder'>, own: DataSource): HeldLog => ({
      origin,
      folder: new LogFolder({ logFolder }),
      database: own,
      leaves: new LeafRepository(own),
      salts: new SaltWrap(identity.keystore.secret('records'), origin),
    });
    const url = config.hub.postgresUrl;
    const earlier: HeldLog[] = [];
    for (const log of config.earlier)
      earlier.push(held(log, await openDatabase(url, { schema: log.schema, poolSize: POOL_SIZE })));
    return new HeldLogs(held(config, database), earlier);
  }

  get all(): readonly HeldLog[] {
    return [this.current, ...this.earlier];
  }

  of(origin: string): HeldLog | undefined {
    return this.all.find((log) => log.origin === origin);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.earlier.map(({ database }) => database.destroy()));
  }
}
