import { ClientLoad } from './client-load.js';
import type { ClientAnswer, ClientSettings } from './protocol.js';

// One client as a process of its own, so that nothing else is counted with it.

async function answer(settings: ClientSettings): Promise<ClientAnswer> {
  try {
    return { kind: 'measured', report: await new ClientLoad(settings).measure() };
  } catch (error) {
    return { kind: 'failed', message: String(error instanceof Error ? error.stack : error) };
  }
}

process.on('message', (settings: ClientSettings) => {
  void answer(settings).then((said) => process.send?.(said));
});
process.on('disconnect', () => process.exit());
