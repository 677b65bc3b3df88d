import { audit } from './audit.js';
import { Load } from './load.js';
import { logInOfficers } from './officers.js';
import type { Answer, LoadSettings, Order } from './protocol.js';

// The load generator: a process of its own, so that what it costs is counted apart. It follows orders over its channel and ends with it.

const submitted = new Set<string>();
let settings: LoadSettings | undefined;

const say = (answer: Answer): void => void process.send?.(answer);

async function follow(order: Order): Promise<Answer> {
  if (order.kind === 'connect') {
    settings = order.settings;
    return { kind: 'connected' };
  }
  if (!settings) throw new Error('nobody said whom to load');
  const officers = logInOfficers(settings);
  if (order.kind === 'audit') return { kind: 'audited', report: await audit(officers, submitted, order.packs) };
  const load = new Load(officers, submitted, order.pacing);
  return { kind: 'loaded', report: await load.run(() => say({ kind: 'loading' })) };
}

process.on('message', (order: Order) => {
  follow(order).then(say, (error: Error) => say({ kind: 'failed', message: error.stack ?? error.message }));
});
process.on('disconnect', () => process.exit());
