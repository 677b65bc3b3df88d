import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { assertDiskSpace } from './disk-space.js';
import { startInfra } from './infra.js';
import { findJava, parseJavaVersion } from './kafka/java.js';
import { assertJarsObtainable, ensureJars } from './kafka/kafka-jars.js';
import { choosePort, freePort, isFree } from './ports.js';

const checkout = process.cwd();

describe('the infrastructure of a machine', () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'infra-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const start = (env: Record<string, string>) => startInfra({ checkout, dataDir: folder, env, log: () => undefined });

  it.each([
    ['mysql://localhost', /is not a URL like postgres/],
    ['postgres://u:secret-of-mine@127.0.0.1:1/postgres', /Nothing answers at 127\.0\.0\.1:1/],
  ])('refuses SERAI_POSTGRES_URL=%s in a sentence without the password', async (url, sentence) => {
    const error = await start({ SERAI_POSTGRES_URL: url, SERAI_KAFKA_BROKERS: '127.0.0.1:1' }).catch(
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: 'ERR_LOCAL_POSTGRES_UNREACHABLE', message: expect.stringMatching(sentence) });
    expect(error.message).not.toContain('secret-of-mine');
  });

  it.each([
    ['broker', /is not host:port/],
    ['127.0.0.1:1', /Nothing answers at 127\.0\.0\.1:1/],
  ])('refuses SERAI_KAFKA_BROKERS=%s in a sentence', async (brokers, sentence) => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as net.AddressInfo;
    const env = { SERAI_POSTGRES_URL: `postgres://u@127.0.0.1:${port}/db`, SERAI_KAFKA_BROKERS: brokers };
    await expect(start(env)).rejects.toMatchObject({
      code: 'ERR_LOCAL_KAFKA_UNREACHABLE',
      message: expect.stringMatching(sentence),
    });
    server.close();
  });

  it('says how much disk space is missing', async () => {
    await expect(assertDiskSpace(folder, 2 ** 60)).rejects.toMatchObject({
      code: 'ERR_LOCAL_DISK_FULL',
      message: expect.stringMatching(/has [\d.]+ GiB left .* need 1073741824\.0 GiB/),
    });
    await expect(assertDiskSpace(folder, 1)).resolves.toBeUndefined();
  });

  it('moves away from a port in use, and says so', async () => {
    const taken = await freePort();
    const server = net.createServer().listen(taken, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const said: string[] = [];
    const port = await choosePort(taken, 'Kafka', (line) => said.push(line));
    expect(port).not.toBe(taken);
    expect(await isFree(taken)).toBe(false);
    expect(said).toEqual([`Port ${taken} (Kafka) is in use by another program; using ${port} instead.`]);
    await new Promise((resolve) => server.close(resolve));
    expect(await choosePort(taken, 'Kafka', (line) => said.push(line))).toBe(taken);
    expect(said).toHaveLength(1);
  });

  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['java version "1.8.0_402"', 8],
    ['openjdk version "25-ea" 2025-09-16', 25],
    ['openjdk version "21" 2023-09-19', 21],
  ])('reads the major version of %s', (output, major) => {
    expect(parseJavaVersion(output)?.major).toBe(major);
  });

  it('says what to install when there is no Java', async () => {
    await expect(findJava(folder)).rejects.toMatchObject({
      code: 'ERR_LOCAL_JAVA_MISSING',
      message: expect.stringMatching(/was not found .*apt-get install/),
    });
  });

  it('says what to install when Java is too old', async () => {
    fs.mkdirSync(path.join(folder, 'bin'));
    fs.writeFileSync(path.join(folder, 'bin/java'), '#!/bin/sh\necho \'openjdk version "11.0.2"\' >&2\n', {
      mode: 0o755,
    });
    await expect(findJava(folder)).rejects.toMatchObject({
      code: 'ERR_LOCAL_JAVA_MISSING',
      message: expect.stringMatching(/is too old .* version 11\.0\.2/),
    });
  });

  it('removes what a killed run left half fetched, and not what another one fetches now', async () => {
    for (const name of ['jars', 'unfinished-old', 'unfinished-new']) fs.mkdirSync(path.join(folder, name));
    const yesterday = Date.now() / 1000 - 86_400;
    fs.utimesSync(path.join(folder, 'unfinished-old'), yesterday, yesterday);
    await expect(ensureJars(checkout, folder, () => undefined)).resolves.toBe(path.join(folder, 'jars'));
    expect(fs.readdirSync(folder).sort()).toEqual(['jars', 'unfinished-new']);
  });

  it('needs no Maven once the jars are there', async () => {
    fs.mkdirSync(path.join(folder, 'jars'));
    await expect(assertJarsObtainable(folder)).resolves.toBeUndefined();
  });

  it('says what to install when there are neither jars nor Maven', async () => {
    const nowhere = path.join(folder, 'mvn');
    await expect(assertJarsObtainable(path.join(folder, 'none'), nowhere)).rejects.toMatchObject({
      code: 'ERR_LOCAL_MAVEN_MISSING',
      message: expect.stringMatching(/apt-get install maven/),
    });
  });
});
