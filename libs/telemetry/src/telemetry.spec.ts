import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { z } from 'zod';
import { SeraiError } from '#libs/errors';
import { createApp, currentTraceId, parseInput, Readiness, readAppSettings, TelemetryModule } from './index.js';

@Controller()
class Probe {
  @Get('trace')
  trace(): { traceId: string | undefined } {
    return { traceId: currentTraceId() };
  }

  @Post('greetings')
  async greet(@Body() body: unknown): Promise<{ name: string; traceId: string | undefined }> {
    const { name } = parseInput(z.object({ name: z.string() }), body);
    await new Promise((resolve) => setImmediate(resolve));
    return { name, traceId: currentTraceId() };
  }

  @Get('down')
  down(): never {
    throw new SeraiError('ERR_BROKER_UNAVAILABLE', 'Try again later.', { cause: new Error('secret-cause') });
  }

  @Get('bug')
  bug(): never {
    throw new TypeError('secret-bug');
  }
}

@Module({ imports: [TelemetryModule.forRoot({ app: 'probe', logLevel: 'fatal' })], controllers: [Probe] })
class ProbeModule {}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;

describe(createApp.name, () => {
  let app: NestFastifyApplication;
  beforeAll(async () => {
    app = await createApp({ name: 'probe', module: ProbeModule, host: '127.0.0.1', port: 0, bodyLimit: 1000 });
  });
  afterAll(() => app.close());

  it('says that it lives, and what is not ready', async () => {
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'alive' });
    expect((await app.inject('/readyz')).statusCode).toBe(200);
    let broken = true;
    app.get(Readiness).add({
      name: 'directory-replica',
      check: () => {
        if (broken) throw new SeraiError('ERR_TRUST_SNAPSHOT', 'Not caught up.');
      },
    });
    const unready = await app.inject('/readyz');
    expect(unready.statusCode).toBe(503);
    expect(unready.json()).toEqual({
      ready: false,
      checks: [{ name: 'directory-replica', state: 'not-ready', reason: 'Not caught up.' }],
    });
    broken = false;
    expect((await app.inject('/readyz')).json().ready).toBe(true);
  });

  it('continues a trace, also behind a body, and starts one where the header is missing or malformed', async () => {
    expect((await app.inject({ url: '/trace', headers: { traceparent } })).json().traceId).toBe(TRACE);
    const greeting = await fetch(`${await app.getUrl()}/greetings`, {
      method: 'POST',
      headers: { traceparent, 'content-type': 'application/json' },
      body: '{"name":"n"}',
    });
    expect(await greeting.json()).toEqual({ name: 'n', traceId: TRACE });
    const fresh = (await app.inject({ url: '/trace', headers: { traceparent: '00-zz' } })).json().traceId;
    expect(fresh).toMatch(/^[0-9a-f]{32}$/);
    expect((await app.inject('/trace')).json().traceId).not.toBe(fresh);
  });

  it.each([
    ['an unknown address', { url: '/nowhere' }, 404, 'ERR_REQUEST_NOT_FOUND'],
    [
      'a body that is no JSON',
      { method: 'POST', url: '/greetings', headers: { 'content-type': 'application/json' }, payload: '{' },
      422,
      'ERR_REQUEST_INVALID',
    ],
    [
      'a foreign content type',
      { method: 'POST', url: '/greetings', headers: { 'content-type': 'text/xml' }, payload: '<a/>' },
      415,
      'ERR_REQUEST_MEDIA_TYPE',
    ],
    [
      'a body that is too large',
      { method: 'POST', url: '/greetings', payload: { name: 'x'.repeat(2000) } },
      413,
      'ERR_REQUEST_TOO_LARGE',
    ],
    ['a dependency that is down', { url: '/down' }, 503, 'ERR_BROKER_UNAVAILABLE'],
    ['a bug', { url: '/bug' }, 500, 'ERR_INTERNAL_UNEXPECTED'],
  ] as const)('answers %s with a problem document', async (_what, request, status, code) => {
    const answer = await app.inject(request);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({ status, code, type: `urn:serai:problem:${code}` });
    expect(answer.body).not.toContain('secret');
    expect(answer.headers['retry-after']).toBe(status === 503 ? '2' : undefined);
  });

  it('lists the fields of an invalid body', async () => {
    const answer = await app.inject({ method: 'POST', url: '/greetings', payload: { name: 7 } });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ code: 'ERR_REQUEST_INVALID', errors: [{ path: 'name' }] });
  });

  it('counts requests by route, never by query', async () => {
    await app.inject('/trace?name=planted');
    const metrics = await app.inject('/metrics');
    expect(metrics.body).toContain(
      'serai_http_request_duration_seconds_count{method="GET",route="/trace",status="200"}',
    );
    expect(metrics.body).not.toContain('planted');
  });

  it('refuses a port that is taken, in a sentence', async () => {
    const { port } = new URL(await app.getUrl());
    const second = createApp({ name: 'second', module: ProbeModule, host: '127.0.0.1', port: Number(port) });
    await expect(second).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: `second can not listen on 127.0.0.1:${port}: another process uses this port.`,
    });
  });
});

describe(readAppSettings.name, () => {
  it('reads the variables of the app', () => {
    const env = { SERAI_ACCESS_POINT_PORT: '4121', SERAI_PARENT_PIPE: '1', SERAI_LOG_LEVEL: 'debug' };
    expect(readAppSettings(env, 'access-point', 4100)).toEqual({
      host: '127.0.0.1',
      port: 4121,
      logLevel: 'debug',
      endWithParent: true,
    });
  });

  it('refuses a port that is none', () => {
    expect(() => readAppSettings({ SERAI_GATEWAY_PORT: 'x' }, 'gateway', 4100)).toThrow(
      'SERAI_GATEWAY_PORT must be a port',
    );
  });
});
