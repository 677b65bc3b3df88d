import { setTimeout as sleep } from 'node:timers/promises';
import { participantUrnOf } from '#libs/contracts';
import { PARTICIPANTS as COMMUNITY } from './community/community.js';
import { instancesFor } from './constellation/apps.js';
import { FAULTS_HELP, type FaultsOptions, faultsOptions, NOTHING_TO_DO } from './faults-options.js';
import { onOwnConstellation, type Running } from './own-constellation.js';
import { runCommand } from './run-command.js';

// npm run faults: a constellation of its own, supervised like that of npm start, whose processes test/faults kills one after the other.

const PARTICIPANTS = ['rs', 'iq'] as const;
const RETURN_MS = 180_000;

/** What test/faults/protocol.ts reads. */
function targetOf({ infra, constellation }: Running, { seed, only, exchanges }: FaultsOptions): object {
  const { addresses, founding } = constellation;
  const sides = PARTICIPANTS.map((id) => {
    const accessPoint = addresses[`access-point-${id}`];
    const { path, passphrase } = founding.keystore(id);
    const keystore = { path, passphrase };
    return [id, { participant: participantUrnOf(id), accessPoint, database: `serai_ap_${id}`, keystore }] as const;
  });
  return {
    apps: addresses,
    victims: only.length > 0 ? only : processesOf({ infra, constellation }).map(({ name }) => name),
    seed,
    exchanges,
    postgresUrl: infra.postgres.url,
    issuer: addresses['identity-provider'],
    password: founding.demoPassword,
    genesis: founding.genesis,
    ...Object.fromEntries(sides),
  };
}

const processesOf = ({ infra, constellation }: Running) => [...constellation.running(), ...infra.processes];

/** Kills a process and answers when the supervisor has put another in its place. */
async function kill(running: Running, name: string): Promise<object> {
  const find = () => processesOf(running).find((one) => one.name === name);
  const victim = find();
  if (!victim) return { kind: 'restarted', name, problem: 'it did not run' };
  process.kill(victim.pid, 'SIGKILL');
  for (let waited = 0; waited < RETURN_MS; waited += 20) {
    const successor = find();
    if (successor && successor.pid !== victim.pid) return { kind: 'restarted', name };
    await sleep(20);
  }
  return { kind: 'restarted', name, problem: `nobody started it again within ${RETURN_MS / 1000} s` };
}

const seeded = PARTICIPANTS.flatMap((id) => COMMUNITY.filter((participant) => participant.id === id));
const known = [...instancesFor(seeded).map(({ name }) => name), 'PostgreSQL', 'Kafka'];
const options = faultsOptions(process.argv.slice(2), known, () => Math.floor(Math.random() * 1_000_000));
if (options === NOTHING_TO_DO) {
  console.log(FAULTS_HELP);
} else if (typeof options === 'string') {
  console.error(options);
  process.exitCode = 2;
} else {
  console.error(`Seed ${options.seed}: the same processes in the same order with "--seed ${options.seed}".`);
  await runCommand(() =>
    onOwnConstellation({
      name: 'faults',
      script: 'test/faults/main.js',
      args: options.json ? ['--json'] : [],
      participants: PARTICIPANTS,
      supervised: true,
      target: (running) => targetOf(running, options),
      onMessage: (running, message, answer) => void kill(running, (message as { name: string }).name).then(answer),
    }),
  );
}
process.exit();
