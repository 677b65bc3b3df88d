import { readNotificationsConfig } from './config.js';

const HUB = {
  SERAI_POSTGRES_URL: 'postgres://n:n@127.0.0.1:4150/serai_hub',
  SERAI_KAFKA_BROKERS: '127.0.0.1:4160',
  SERAI_ROOT_KEYS: '/roots.json',
  SERAI_KEYSTORE: '/keystore.jwe',
  SERAI_KEYSTORE_PASSPHRASE: 'passphrase of a test',
};

function refusal(env: NodeJS.ProcessEnv): string {
  try {
    readNotificationsConfig({ ...HUB, ...env });
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('was not refused');
}

describe(readNotificationsConfig.name, () => {
  it('sends no e-mail unless a server is named', () => {
    expect(readNotificationsConfig(HUB).mail).toBeUndefined();
  });

  it('lets webhooks go to public addresses alone unless told otherwise', () => {
    expect(readNotificationsConfig(HUB).webhookTargets).toBe('public');
    expect(refusal({ SERAI_NOTIFICATIONS_WEBHOOK_TARGETS: 'all' })).toContain('SERAI_NOTIFICATIONS_WEBHOOK_TARGETS');
  });

  it('lets the log be away for a quarter of a minute and unwitnessed for a quarter of an hour, or as long as it is told', () => {
    expect(readNotificationsConfig(HUB).disclosure).toEqual({ logAwayMs: 15_000, quorumLostMs: 900_000 });
    const env = { SERAI_NOTIFICATIONS_LOG_AWAY_SECONDS: '5', SERAI_NOTIFICATIONS_QUORUM_LOST_SECONDS: '60' };
    const { disclosure } = readNotificationsConfig({ ...HUB, ...env });
    expect(disclosure).toEqual({ logAwayMs: 5_000, quorumLostMs: 60_000 });
    for (const name of Object.keys(env)) {
      for (const wrong of ['0', '-1', '1.5', 'never', 'Infinity']) expect(refusal({ [name]: wrong })).toContain(name);
    }
  });

  it('reads the mail server and the sender', () => {
    const env = {
      SERAI_NOTIFICATIONS_SMTP_URL: 'smtps://mail.hub.example',
      SERAI_NOTIFICATIONS_MAIL_FROM: 'n@hub.example',
    };
    expect(readNotificationsConfig({ ...HUB, ...env }).mail).toEqual({
      url: 'smtps://mail.hub.example',
      from: 'n@hub.example',
    });
  });

  it('refuses a server without a sender, and an address that is none, without quoting it', () => {
    const url = 'smtp://user:hunter2@mail.hub.example';
    expect(refusal({ SERAI_NOTIFICATIONS_SMTP_URL: url })).toMatch(/^SERAI_NOTIFICATIONS_MAIL_FROM is not set/);
    expect(refusal({ SERAI_NOTIFICATIONS_SMTP_URL: 'https://hunter2@x' })).toContain(
      'SERAI_NOTIFICATIONS_SMTP_URL must be an smtp',
    );
    expect(refusal({ SERAI_NOTIFICATIONS_SMTP_URL: 'https://hunter2@x' })).not.toContain('hunter2');
  });
});
