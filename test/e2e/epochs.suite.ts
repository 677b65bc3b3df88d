import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { v7 } from 'uuid';
import { DEMO_REQUEST, LOG_SIGNER } from '#deploy/local';
import type { SeraiClient } from '#libs/client';
import { epochsAnswer } from '#libs/contracts';
import { verifyPack } from '#libs/evidence';
import { eventually } from '#libs/testing';
import { parseRootKeys } from '#libs/trust';
import { foundingPolicy, fsckFindings } from '../faults/checker/fsck.js';
import { query } from './support/hub.js';
import { carryOut, openSecretariat } from './support/secretariat.js';
import type { World } from './support/world.js';

const toIraq = { ...DEMO_REQUEST, recipients: DEMO_REQUEST.recipients.slice(0, 1) };
const FIRST = 'hub.example/audit/2026';
const NEXT = 'hub.example/audit/2027';
const PATIENCE = { timeoutMs: 60_000, everyMs: 500 };

/** What operators and chairs do once a year, while agencies work on. */
export function epochsSuite(world: () => World): void {
  let rs: SeraiClient;
  let iq: SeraiClient;
  /** A request that was sent before the log ended, and is answered afterwards. */
  let legId: string;
  let next: Record<string, string>;
  /** Names both logs. */
  let policy: string;
  let first: Readonly<Record<string, string>>;

  beforeAll(async () => {
    const cast = world().cast();
    rs = cast.officer('rs.liaison');
    iq = cast.officer('iq.duty');
    [legId = ''] = await world().deliver(rs, toIraq);
    first = world().constellation.environment('audit');
  });

  const told = async () => {
    const answer = await fetch(`${world().constellation.addresses['audit']}/v1/epochs`);
    return epochsAnswer.parse(await answer.json()).logs;
  };
  const publishedSize = async (origin: string): Promise<number> => {
    const answer = await fetch(`${world().constellation.addresses['audit']}/logs/${origin}/checkpoint`);
    return answer.ok ? Number((await answer.text()).split('\n')[1]) : 0;
  };
  const run = (script: string, env: Record<string, string>, ...args: string[]) =>
    execFileSync(process.execPath, [`dist/apps/audit/src/${script}`, ...args], { env, encoding: 'utf8' }).trim();

  it('gets a key, a schema and a name that the chairs set beside the one that there is', async () => {
    const { constellation, dir, namespace } = world();
    const folder = path.join(dir, 'log-2027');
    mkdirSync(folder, { mode: 0o700 });
    const signer = {
      ...constellation.environment(LOG_SIGNER),
      SERAI_AUDIT_ORIGIN: NEXT,
      SERAI_SIGNER_KEYSTORE: path.join(folder, 'signer.keystore'),
      SERAI_SIGNER_KEYSTORE_PASSPHRASE: randomBytes(24).toString('base64url'),
      SERAI_SIGNER_SOCKET: path.join(folder, 'signer.sock'),
      SERAI_SIGNER_STATE: path.join(folder, 'state'),
    };
    const vkey = run('signer-key.js', signer, 'create');
    expect(vkey).toMatch(new RegExp(`^${NEXT}\\+`));
    expect(() => run('signer-key.js', signer, 'create')).toThrow();
    policy = `log ${vkey}\n${foundingPolicy(constellation.founding.genesis)}`;
    const effectiveFrom = new Date().toISOString();
    const change = { id: v7(), realm: 'production', effectiveFrom, kind: 'log-policy-set', policy } as const;
    await carryOut(world(), await openSecretariat(world(), 'tr'), change);
    await query(world(), 'hub', `create schema audit_2027 authorization ${namespace}_audit`);
    next = {
      ...first,
      SERAI_AUDIT_ORIGIN: NEXT,
      SERAI_AUDIT_SCHEMA: 'audit_2027',
      SERAI_AUDIT_LOG_FOLDER: path.join(folder, 'log'),
      SERAI_AUDIT_EARLIER: `${FIRST}=audit:${first['SERAI_AUDIT_LOG_FOLDER']}`,
      SERAI_SIGNER_SOCKET: signer.SERAI_SIGNER_SOCKET,
    };
    run('migrate.js', next);
    await constellation.reconfigure('audit', { ...first, SERAI_AUDIT_NEXT: NEXT });
    await eventually(async () => {
      const [log] = await told();
      expect(log?.closed?.leaf.index).toBe((await publishedSize(FIRST)) - 1);
    }, PATIENCE);
    await constellation.kill(LOG_SIGNER);
    await constellation.reconfigure(LOG_SIGNER, signer);
  }, 120_000);

  it('goes on where the other one ended: what was sent in between arrives', async () => {
    const { constellation } = world();
    const { legs } = await rs.submitRequest(toIraq);
    await rs.waitForEnvelope(legs[0]!.envelopeId, { until: 'RECEIVED' });
    await constellation.reconfigure('audit', next);
    await rs.waitForLeg(legs[0]!.legId, ({ state }) => state?.deliveredAt !== undefined);
    const [log, before] = await told();
    expect([log?.origin, log?.opened?.leaf.index, before?.origin]).toEqual([NEXT, 0, FIRST]);
    await eventually(async () => expect(await publishedSize(NEXT)).toBeGreaterThan(0), PATIENCE);
  }, 120_000);

  it('is followed by every access point, without any alarm', async () => {
    const supervisor = world().cast().officer('rs.supervisor');
    await eventually(async () => {
      const { state, logs } = await supervisor.log();
      expect(state).toBe('INTACT');
      expect(logs).toContainEqual(expect.objectContaining({ origin: FIRST, continuedBy: NEXT }));
      expect(logs.find(({ origin }) => origin === NEXT)?.size).toBeGreaterThan(0);
    }, PATIENCE);
    const alarms = await Promise.all(
      ['rs', 'iq', 'tr', 'bg'].map((id) =>
        query(world(), `ap_${id}`, `select kind from access_point.log_alarm where kind = 'SUCCESSION'`),
      ),
    );
    expect(alarms).toEqual([[], [], [], []]);
  }, 120_000);

  it('proves together with the other one what happened over both', async () => {
    const { envelopeId } = await iq.acknowledge(legId);
    await iq.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
    await rs.waitForLeg(legId, ({ status }) => status === 'ACKNOWLEDGED');
    const roots = parseRootKeys(readFileSync(world().community.rootKeys, 'utf8'));
    for (const side of [rs, iq]) {
      const { checks, facts } = await verifyPack(await side.evidence(legId), { roots });
      expect(checks.filter(({ holds }) => !holds)).toEqual([]);
      expect(facts?.logs.map(({ origin }) => origin).toSorted()).toEqual([FIRST, NEXT]);
    }
  }, 120_000);

  it('survives kill -9, and leaves nothing for fsck to find in either', async () => {
    const { constellation } = world();
    await constellation.kill('audit');
    await constellation.restart('audit');
    await world().deliver(rs, toIraq);
    const environment = constellation.environment('audit');
    await eventually(async () => {
      const [row] = await query<{ size: string }>(world(), 'hub', 'select count(*) as size from audit_2027.leaf');
      expect(await publishedSize(NEXT)).toBe(Number(row?.size));
    }, PATIENCE);
    expect(await fsckFindings(first, policy)).toEqual([]);
    expect(await fsckFindings(environment, policy)).toEqual([]);
  }, 120_000);
}
