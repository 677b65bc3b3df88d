import { BENCH_HELP, benchOptions } from './bench-options.js';
import { runCalled } from './flag-command.js';
import { onOwnConstellation, type Running } from './own-constellation.js';

// npm run bench: a constellation of its own, as durable as npm start, which test/bench measures; thrown away afterwards.

const args = process.argv.slice(2);
const participants = ['rs', 'iq'];

/** What test/bench/target.ts reads. */
function targetOf({ infra, constellation }: Running): object {
  const { addresses, founding } = constellation;
  const apps = constellation.running().map((app) => ({ ...app, logFile: constellation.logFile(app.name) }));
  return {
    processes: [...apps, ...infra.processes],
    postgresUrl: infra.postgres.url,
    brokers: infra.kafka.brokers,
    issuer: addresses['identity-provider'],
    password: founding.demoPassword,
    notifications: addresses['notifications'],
    accessPoints: Object.fromEntries(participants.map((id) => [id, addresses[`access-point-${id}`]])),
  };
}

await runCalled(benchOptions(args), BENCH_HELP, ({ profiles }) =>
  onOwnConstellation({
    name: 'bench',
    script: 'test/bench/main.js',
    args,
    participants,
    // Each process picks a free port for its inspector and says which in its log.
    env: profiles ? { NODE_OPTIONS: '--inspect=127.0.0.1:0' } : {},
    supervised: false,
    target: targetOf,
  }),
);
process.exit();
