import path from 'node:path';
import { participantUrnOf } from '#libs/contracts';
import { LOG_ORIGIN, LOG_SIGNER, PARTICIPANTS, type SeededParticipant, witnessOf } from '../community/community.js';
import type { Founding } from '../community/founding.js';
import { type RoleGrant, urlOfRole } from './databases.repository.js';

/** One process of the constellation. */
export interface Instance {
  /** `gateway`, `access-point-rs`. */
  readonly name: string;
  readonly app: string;
  readonly defaultPort: number;
  /** Whose access point it is. */
  readonly participant?: SeededParticipant;
}

/** What the settings of the apps are made from. */
export interface AppContext {
  readonly postgresUrl: string;
  readonly brokers: readonly string[];
  /** Keeps constellations on the same servers apart: databases and roles begin with it. */
  readonly namespace: string;
  readonly topicPrefix: string;
  readonly founding: Founding;
  /** Base address by instance name. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Where apps listen; the host of their address unless given. */
  readonly listenHost?: string;
}

type Env = Readonly<Record<string, string>>;

interface AppRow {
  readonly app: string;
  /** Of the only instance, or of the first of {@link PARTICIPANTS}; the others count on. */
  readonly defaultPort: number;
  readonly perParticipant?: true;
  /** Where its tables are; absent for an app without a database. */
  readonly database?: 'hub' | 'own';
  /** Settings beside host, port and those that {@link envOf} gives every app with a database. */
  env(context: AppContext, instance: Instance): Env;
}

const addressOf = ({ addresses }: AppContext, name: string): string => addresses[name] ?? '';

const hub = ({ brokers, topicPrefix }: AppContext): Env => ({
  SERAI_KAFKA_BROKERS: brokers.join(','),
  SERAI_KAFKA_TOPIC_PREFIX: topicPrefix,
});

const witness = ({ founding }: AppContext, participant: string): Env => {
  const keystore = founding.keystore(witnessOf(participant));
  return {
    SERAI_ACCESS_POINT_WITNESS_KEYSTORE: keystore.path,
    SERAI_ACCESS_POINT_WITNESS_PASSPHRASE: keystore.passphrase,
  };
};

/** What audit and the signer of its log both know: which log, where they meet, and where the witnesses are. */
const logOf = ({ addresses, founding }: AppContext): Env => ({
  SERAI_AUDIT_ORIGIN: LOG_ORIGIN,
  SERAI_SIGNER_SOCKET: path.join(founding.signerFolder, 'signer.sock'),
  SERAI_AUDIT_WITNESS_URLS: PARTICIPANTS.flatMap(({ id }) => {
    const address = addresses[`access-point-${id}`];
    return address === undefined ? [] : `${id}=${address}/witness`;
  }).join(','),
});

/** The whole environment of the log's signer, which is a program of the app audit and no instance: it has neither address nor database. */
export function signerEnvOf(context: AppContext): Env {
  const keystore = context.founding.keystore(LOG_SIGNER);
  return {
    ...logOf(context),
    SERAI_SIGNER_STATE: path.join(context.founding.signerFolder, 'state'),
    SERAI_SIGNER_KEYSTORE: keystore.path,
    SERAI_SIGNER_KEYSTORE_PASSPHRASE: keystore.passphrase,
  };
}

/** Every app of the project, what runs of it and what it is told. */
const APPS: readonly AppRow[] = [
  {
    app: 'gateway',
    defaultPort: 4100,
    database: 'hub',
    env: (context) => ({
      ...hub(context),
      SERAI_GATEWAY_PUBLIC_URL: addressOf(context, 'gateway'),
      SERAI_GATEWAY_DIRECTORY_URL: addressOf(context, 'directory'),
      SERAI_GATEWAY_NOTIFICATIONS_URL: addressOf(context, 'notifications'),
      SERAI_GATEWAY_AUDIT_URL: addressOf(context, 'audit'),
      SERAI_GATEWAY_ATTACHMENTS: context.founding.attachments('gateway'),
    }),
  },
  {
    app: 'directory',
    defaultPort: 4101,
    database: 'hub',
    env: (context) => ({ ...hub(context), SERAI_DIRECTORY_GENESIS: context.founding.genesis }),
  },
  { app: 'requests', defaultPort: 4102, database: 'hub', env: hub },
  { app: 'notifications', defaultPort: 4103, database: 'hub', env: hub },
  {
    app: 'audit',
    defaultPort: 4104,
    database: 'hub',
    env: (context) => ({
      ...hub(context),
      ...logOf(context),
      SERAI_AUDIT_LOG_FOLDER: context.founding.logFolder,
    }),
  },
  {
    app: 'identity-provider',
    defaultPort: 4110,
    env: (context) => ({
      SERAI_IDENTITY_PROVIDER_ISSUER: addressOf(context, 'identity-provider'),
      SERAI_IDENTITY_PROVIDER_ACCOUNTS: context.founding.accounts,
    }),
  },
  {
    app: 'access-point',
    defaultPort: 4121,
    perParticipant: true,
    database: 'own',
    env: (context, { participant }) => ({
      ...witness(context, participant?.id ?? ''),
      SERAI_ACCESS_POINT_PARTICIPANT: participantUrnOf(participant?.id ?? ''),
      SERAI_ACCESS_POINT_GATEWAY_URL: addressOf(context, 'gateway'),
      SERAI_ACCESS_POINT_OIDC_ISSUER: addressOf(context, 'identity-provider'),
      SERAI_ACCESS_POINT_OIDC_AUDIENCE: participantUrnOf(participant?.id ?? ''),
      SERAI_ACCESS_POINT_ATTACHMENTS: context.founding.attachments(`access-point-${participant?.id ?? ''}`),
    }),
  },
];

const rowOf = (instance: Instance): AppRow => {
  const row = APPS.find(({ app }) => app === instance.app);
  if (!row) throw new Error(`${instance.app} is not in the table of apps`);
  return row;
};

/** Everything that runs for these participants. */
export function instancesFor(participants: readonly SeededParticipant[]): Instance[] {
  return APPS.flatMap(({ app, defaultPort, perParticipant }): Instance[] =>
    perParticipant
      ? participants.map((participant) => ({
          name: `${app}-${participant.id}`,
          app,
          defaultPort: defaultPort + PARTICIPANTS.indexOf(participant),
          participant,
        }))
      : [{ name: app, app, defaultPort }],
  );
}

export const hasDatabase = (instance: Instance): boolean => rowOf(instance).database !== undefined;

/** Role, database and schema of an instance that has a database. */
export function grantOf(
  instance: Instance,
  { namespace, founding }: Pick<AppContext, 'namespace' | 'founding'>,
): RoleGrant {
  const suffix = (instance.participant ? `ap_${instance.participant.id}` : instance.app).replaceAll('-', '_');
  const role = `${namespace}_${suffix}`;
  const password = founding.databasePassword(role);
  if (rowOf(instance).database === 'own') return { role, password, database: role };
  return { role, password, database: `${namespace}_hub`, schema: instance.app };
}

/** The whole environment of an instance's own variables. */
export function envOf(instance: Instance, context: AppContext): Env {
  const prefix = `SERAI_${instance.app.toUpperCase().replaceAll('-', '_')}`;
  const { hostname, port } = new URL(addressOf(context, instance.name));
  const listen = { [`${prefix}_HOST`]: context.listenHost ?? hostname, [`${prefix}_PORT`]: port };
  const own = rowOf(instance).env(context, instance);
  if (!hasDatabase(instance)) return { ...listen, ...own };
  const keystore = context.founding.keystore(instance.participant?.id ?? instance.app);
  return {
    ...listen,
    ...own,
    SERAI_REALM: 'production',
    SERAI_POSTGRES_URL: urlOfRole(context.postgresUrl, grantOf(instance, context)),
    SERAI_ROOT_KEYS: context.founding.rootKeys,
    SERAI_KEYSTORE: keystore.path,
    SERAI_KEYSTORE_PASSPHRASE: keystore.passphrase,
  };
}
