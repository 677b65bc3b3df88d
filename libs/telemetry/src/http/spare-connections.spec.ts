import { once } from 'node:events';
import net from 'node:net';
import { Module } from '@nestjs/common';
import { createApp, TelemetryModule } from '../index.js';
import { endSpareConnections } from './spare-connections.js';

@Module({ imports: [TelemetryModule.forRoot({ app: 'spare', logLevel: 'fatal' })] })
class SpareModule {}

describe(endSpareConnections.name, () => {
  it('lets an app close at once although a client holds a connection that it never used', async () => {
    const app = await createApp({ name: 'spare', module: SpareModule, host: '127.0.0.1', port: 0 });
    const socket = net.connect(Number(new URL(await app.getUrl()).port), '127.0.0.1');
    await once(socket, 'connect');
    const ended = once(socket, 'close');
    await app.close();
    await ended;
  });
});
