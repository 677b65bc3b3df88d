import { once } from 'node:events';
import net from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp, TelemetryModule } from '../index.js';
import { endSpareConnections } from './spare-connections.js';

@Controller()
class Greeter {
  @Get('greeting')
  greet(): string {
    return 'served';
  }
}

@Module({ imports: [TelemetryModule.forRoot({ app: 'spare', logLevel: 'fatal' })], controllers: [Greeter] })
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

describe('an app that closes', () => {
  it('serves what still comes before it has stopped to listen', async () => {
    const closes = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const configure = (app: NestFastifyApplication): void => {
      app
        .getHttpAdapter()
        .getInstance()
        .addHook('preClose', async () => {
          closes.resolve();
          await answered.promise;
        });
    };
    const app = await createApp({ name: 'spare', module: SpareModule, host: '127.0.0.1', port: 0, configure });
    const address = await app.getUrl();
    const closing = app.close();
    await closes.promise;
    const response = await fetch(`${address}/greeting`);
    expect([response.status, await response.text()]).toEqual([200, 'served']);
    answered.resolve();
    await closing;
    await expect(fetch(`${address}/greeting`)).rejects.toThrow('fetch failed');
  });
});
