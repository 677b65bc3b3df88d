import { setTimeout as sleep } from 'node:timers/promises';
import { participantUrnOf } from '#libs/contracts';
import { PARTICIPANTS as COMMUNITY } from './community/community.js';
import { instancesFor } from './constellation/apps.js';
import { FAULTS_HELP, type FaultsOptions, faultsOptions, type Strike, type StrikeKind } from './faults-options.js';
import { runCalled } from './flag-command.js';
import { onOwnConstellation, type Running } from './own-constellation.js';
import { ExpectedEnds } from './supervision/expected-ends.js';

// npm run faults: a constellation of its own, supervised like that of npm start, to whose processes test/faults does harm, one after the other.

const PARTICIPANTS = ['rs', 'iq'] as const;
const RETURN_MS = 180_000;

/** What test/faults/protocol.ts reads. */
function targetOf({ infra, constellation }: Running, { seed, strikes, exchanges }: FaultsOptions): object {
  const { addresses, founding } = constellation;
  const sides = PARTICIPANTS.map((id) => {
    const accessPoint = addresses[`access-point-${id}`];
    const { path, passphrase } = founding.keystore(id);
    const keystore = { path, passphrase };
    return [id, { participant: participantUrnOf(id), accessPoint, database: `serai_ap_${id}`, keystore }] as const;
  });
  return {
    apps: addresses,
    strikes,
    seed,
    exchanges,
    postgresUrl: infra.postgres.url,
    issuer: addresses['identity-provider'],
    password: founding.demoPassword,
    genesis: founding.genesis,
    audit: constellation.environment('audit'),
    ...Object.fromEntries(sides),
  };
}

const processesOf = ({ infra, constellation }: Running) => [...constellation.running(), ...infra.processes];

const SIGNALS: Readonly<Record<Exclude<StrikeKind, 'fill' | 'flood'>, NodeJS.Signals>> = {
  kill: 'SIGKILL',
  outage: 'SIGKILL',
  pause: 'SIGSTOP',
  restart: 'SIGTERM',
};
/** A server may find out only at its next write that its disk was full. */
const AFTERMATH_MS = 2_000;

const expected = new ExpectedEnds();

const ENDS: Readonly<Partial<Record<StrikeKind, string>>> = { kill: 'SIGKILL', outage: 'SIGKILL', restart: 'code 0' };

/** Fills the disk of a server, which may end of it, and not come back before there is room; answers when it runs then. */
async function fill(running: Running, { name, ms }: Strike): Promise<object> {
  const disk = running.disks.get(name);
  if (!disk?.isUsed) return { kind: 'over', problem: 'it has no disk of its own' };
  const over = expected.excuse(name);
  await disk.fill();
  await sleep(ms);
  await disk.free();
  await sleep(AFTERMATH_MS);
  const answer = await untilRuns(running, name, () => true, RETURN_MS);
  over();
  return answer;
}

/** Answers when there is a process that will do. */
async function untilRuns(
  running: Running,
  name: string,
  willDo: (pid: number) => boolean,
  patienceMs: number,
): Promise<object> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await sleep(20)) {
    if (processesOf(running).some((one) => one.name === name && willDo(one.pid))) return { kind: 'over' };
  }
  return { kind: 'over', problem: `nobody started it again within ${RETURN_MS / 1000} s` };
}

/** Strikes a process and answers when it goes on, or when the supervisor has put another in its place. */
async function strike(running: Running, order: Strike): Promise<object> {
  const { kind, name, ms } = order;
  if (kind === 'fill') return fill(running, order);
  if (kind === 'flood') return { kind: 'over', problem: 'officers flood by themselves' };
  const victim = processesOf(running).find((one) => one.name === name);
  if (!victim) return { kind: 'over', problem: 'it did not run' };
  if (kind === 'outage') running.supervisor?.holdDown(name, ms);
  const end = ENDS[kind];
  if (end) expected.expect(name, end);
  process.kill(victim.pid, SIGNALS[kind]);
  if (kind === 'pause') {
    await sleep(ms);
    process.kill(victim.pid, 'SIGCONT');
    return { kind: 'over' };
  }
  return untilRuns(running, name, (pid) => pid !== victim.pid, ms + RETURN_MS);
}

const seeded = PARTICIPANTS.flatMap((id) => COMMUNITY.filter((participant) => participant.id === id));
const known = [...instancesFor(seeded).map(({ name }) => name), 'PostgreSQL', 'Kafka'];
const given = faultsOptions(process.argv.slice(2), known, () => Math.floor(Math.random() * 1_000_000));
await runCalled(given, FAULTS_HELP, (options) => {
  console.error(`Seed ${options.seed}: the same in the same order with "--seed ${options.seed}".`);
  return onOwnConstellation({
    name: 'faults',
    script: 'test/faults/main.js',
    args: options.json ? ['--json'] : [],
    participants: PARTICIPANTS,
    supervised: true,
    smallDisks: options.strikes.flatMap(({ kind, name }) => (kind === 'fill' ? [name] : [])),
    target: (running) => targetOf(running, options),
    onMessage: (running, message, answer) => void strike(running, message as Strike).then(answer),
    onEnd: (name, end, tell) => expected.took(name, end) || tell({ kind: 'ended', what: `${name} (${end})` }),
  });
});
process.exit();
