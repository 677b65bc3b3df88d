import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type ApiProblem, type OfficerRole, type PurposeCode, type Realm } from '#libs/contracts';
import { openKeystore } from '#libs/envelope';
import { createApp } from '#libs/telemetry';
import { eventually, type TestDatabase, testDatabase } from '#libs/testing';
import { configureHttp } from '../../../../apps/access-point/src/access-point.app.js';
import { AccessPointModule } from '../../../../apps/access-point/src/access-point.module.js';
import { readAnomalySettings } from '../../../../apps/access-point/src/anomaly/anomaly-settings.js';
import { databaseSettings } from '../../../../apps/access-point/src/database/database-settings.js';
import { Identity, type KeystoreFile } from '../../../../apps/access-point/src/identity.js';
import { WitnessKey } from '../../../../apps/access-point/src/witness/witness-key.js';
import { type Community, deskOf, type MemberId, urnOf } from './community.js';
import type { HubDouble } from './hub-double.js';
import type { IdentityDouble } from './identity-double.js';

const APP = { host: '127.0.0.1', port: 0, logLevel: 'silent' as 'fatal', endWithParent: false };

/** What a call to the officers' API answered. */
export interface Answer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly body: Body & Partial<ApiProblem>;
  readonly headers: Headers;
}

/** How a call differs from an officer's usual one. */
export interface CallOptions {
  readonly desk?: string | null;
  readonly purpose?: PurposeCode | null;
  readonly key?: string;
  readonly headers?: Record<string, string>;
}

/** What an access point talks to. */
export interface Around {
  readonly community: Community;
  readonly hub: HubDouble;
  readonly idp: IdentityDouble;
}

/** One access point under test: its processes come and go, its database stays. */
export class AccessPoint implements Workplace {
  private readonly instances: NestFastifyApplication[] = [];

  private constructor(
    readonly member: MemberId,
    readonly database: TestDatabase,
    private readonly around: Around,
    /** Folder of its attachments. */
    readonly attachments: string,
    private readonly realm: Realm,
  ) {}

  get idp(): IdentityDouble {
    return this.around.idp;
  }

  static async prepare(member: MemberId, around: Around, realm: Realm = 'production'): Promise<AccessPoint> {
    const database = await testDatabase(databaseSettings('postgres://set-by-the-test'));
    const attachments = await mkdtemp(path.join(os.tmpdir(), 'serai-ap-attachments-'));
    return new AccessPoint(member, database, around, attachments, realm);
  }

  /**
   * Starts an instance; the first one serves {@link officer}.
   *
   * @param databasePort where it finds the database, when not at the server itself
   */
  async start({
    databasePort,
    keystoreFile,
  }: {
    databasePort?: number;
    keystoreFile?: KeystoreFile;
  } = {}): Promise<NestFastifyApplication> {
    const postgresUrl = new URL(this.database.url);
    if (databasePort !== undefined) postgresUrl.port = String(databasePort);
    const participant = urnOf(this.member);
    const instance = await createApp({
      name: 'access-point',
      host: APP.host,
      port: APP.port,
      configure: configureHttp,
      module: AccessPointModule.forRoot({
        config: {
          app: APP,
          participant,
          realm: this.realm,
          gatewayUrl: this.around.hub.url,
          oidc: { issuer: this.idp.issuer, audience: participant },
          rootKeys: '',
          keystore: '',
          logStaleMinutes: 15,
          retentionDays: 1_095,
          recordWaitSeconds: 2,
          anomalies: readAnomalySettings(undefined),
        },
        identity: new Identity(
          participant,
          this.realm,
          keystoreFile
            ? await openKeystore(keystoreFile.path, keystoreFile.passphrase)
            : this.around.community.keystore(participant),
          keystoreFile,
        ),
        witnessKey: new WitnessKey(this.around.community.log.witness(this.member).keystore),
        rootKeys: this.around.community.roots,
        postgresUrl: postgresUrl.href,
        attachments: { folder: this.attachments },
      }),
    });
    this.instances.push(instance);
    return instance;
  }

  /** Resolves when every instance has a directory, a database and a whole feed. */
  async whenReady(): Promise<void> {
    for (const instance of this.instances) {
      await eventually(async () => expect((await fetch(`${await instance.getUrl()}/readyz`)).status).toBe(200));
    }
  }

  get instance(): NestFastifyApplication {
    const [first] = this.instances;
    if (!first) throw new Error('not started');
    return first;
  }

  url(): Promise<string> {
    return this.instance.getUrl();
  }

  async stop(): Promise<void> {
    for (const instance of this.instances.splice(0)) await instance.close();
  }

  /** Ends the first of several instances. */
  async stopFirst(): Promise<void> {
    await this.instances.shift()?.close();
  }

  async dispose(): Promise<void> {
    await this.stop();
    await this.database.drop();
    await rm(this.attachments, { recursive: true, force: true });
  }

  /** An officer of this participant. */
  officer(
    role: OfficerRole | readonly OfficerRole[],
    desk = deskOf(this.member),
    name: string = String(role),
  ): OfficerClient {
    return new OfficerClient(
      this,
      typeof role === 'string' ? [role] : role,
      desk,
      `${this.member}.${name}`.toLowerCase(),
    );
  }

  query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.database.dataSource.query(sql, parameters);
  }
}

/** Where an officer works. */
export interface Workplace {
  readonly member: MemberId;
  readonly idp: IdentityDouble;
  /** Address of the API. */
  url(): Promise<string>;
}

/** Calls the API as one officer. */
export class OfficerClient {
  constructor(
    readonly at: Workplace,
    readonly roles: readonly OfficerRole[],
    readonly desk: string,
    readonly subject: string,
  ) {}

  get pseudonym(): string {
    return `o-${Buffer.from(this.subject).toString('hex').slice(-16).padStart(16, '0')}`;
  }

  token(overrides?: Parameters<IdentityDouble['token']>[1]): Promise<string> {
    const { subject: sub, roles, pseudonym } = this;
    return this.at.idp.token(
      { sub, roles, pseudonym, desks: [this.desk], participant: urnOf(this.at.member) },
      overrides,
    );
  }

  get<Body = Record<string, unknown>>(path: string, options: CallOptions = {}): Promise<Answer<Body>> {
    return this.call('GET', path, undefined, options);
  }

  post<Body = Record<string, unknown>>(
    path: string,
    body: unknown = {},
    options: CallOptions = {},
  ): Promise<Answer<Body>> {
    return this.call('POST', path, body, options);
  }

  async headers({ desk, purpose, key, headers }: CallOptions = {}): Promise<Record<string, string>> {
    return {
      authorization: `Bearer ${await this.token()}`,
      ...(desk === null ? {} : { 'serai-desk': desk ?? this.desk }),
      ...(purpose === null ? {} : { 'serai-purpose': purpose ?? 'INVESTIGATION' }),
      'idempotency-key': key ?? randomUUID(),
      ...headers,
    };
  }

  async call<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    options: CallOptions = {},
  ): Promise<Answer<Body>> {
    const headers = await this.headers(options);
    const address = await this.at.url();
    const answer = await fetch(`${address}${path}`, {
      method,
      headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      body: (text === '' ? {} : JSON.parse(text)) as Body & Partial<ApiProblem>,
      headers: answer.headers,
    };
  }
}
