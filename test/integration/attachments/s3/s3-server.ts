import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { BucketPlace } from '#libs/attachments';
import { eventually } from '#libs/testing';

const run = promisify(execFile);
const POM = path.resolve('test/integration/attachments/s3/pom.xml');
const JAVA = 'java';
const MAIN = 'org.gaul.s3proxy.Main';
const JVM = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const KEYS = { accessKeyId: 'test', secretAccessKey: 'secret-of-a-test' };

/** A real S3-compatible server over a folder, S3Proxy on the JVM, for one test file; with one bucket, by http and by https. */
export class S3Server {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly place: BucketPlace,
    /** The same place by https, under {@link certificate}. */
    readonly securePlace: BucketPlace,
    /** PEM; nobody vouches for it. */
    readonly certificate: string,
  ) {}

  /** @returns undefined, with a sentence on the error stream, where there is no Java or no Maven to fetch it with */
  static async start(): Promise<S3Server | undefined> {
    const jars = await fetchJars().catch((error: Error) => leaveOut(error));
    return jars === undefined ? undefined : S3Server.run(jars);
  }

  private static async run(jars: string): Promise<S3Server> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'serai-s3-'));
    await mkdir(path.join(folder, 'data'));
    const [port, securePort] = [await freePort(), await freePort()];
    const certificate = await makeCertificate(folder);
    const settings = path.join(folder, 's3.properties');
    await writeFile(settings, settingsOf(folder, port, securePort));
    const child = spawn(JAVA, [...JVM, '-cp', path.join(jars, '*'), MAIN, '--properties', settings], {
      stdio: 'ignore',
    });
    const place = { bucket: 'attachments', endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', ...KEYS };
    const securePlace = { ...place, endpoint: `https://127.0.0.1:${securePort}` };
    const server = new S3Server(child, folder, place, securePlace, certificate);
    await eventually(() => fetch(place.endpoint).then((answer) => answer.body?.cancel()), { timeoutMs: 30_000 });
    await server.asking((client) => client.send(new CreateBucketCommand({ Bucket: place.bucket })));
    return server;
  }

  /** Names of all that lies in the bucket. */
  async names(): Promise<string[]> {
    const listing = await this.asking((client) =>
      client.send(new ListObjectsV2Command({ Bucket: this.place.bucket, MaxKeys: 1_000 })),
    );
    return (listing.Contents ?? []).map(({ Key = '' }) => Key);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGKILL');
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }

  private async asking<T>(act: (client: S3Client) => Promise<T>): Promise<T> {
    const { endpoint, region } = this.place;
    const client = new S3Client({ endpoint, region, credentials: KEYS, forcePathStyle: true });
    return act(client).finally(() => client.destroy());
  }
}

function leaveOut({ message }: Error): undefined {
  process.stderr.write(`LEFT OUT: an S3-compatible service, which needs Java and Maven. ${message.split('\n')[0]}\n`);
}

/** Fetched once per machine; several may do so at once. */
async function fetchJars(): Promise<string> {
  await run(JAVA, ['-version']);
  const key = createHash('sha256')
    .update(await readFile(POM))
    .digest('hex')
    .slice(0, 16);
  const jars = path.join(os.homedir(), '.cache/caravanserai', `s3proxy-${key}`);
  if (existsSync(jars)) return jars;
  const unfinished = `${jars}.${randomUUID()}`;
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${unfinished}`, '-DincludeScope=runtime'];
  await run('mvn', ['-q', '-B', '-f', POM, ...goal]);
  await rename(unfinished, jars).catch(() => rm(unfinished, { recursive: true }));
  return jars;
}

/** Made by the JVM's own tool, since Node.js has none. */
async function makeCertificate(folder: string): Promise<string> {
  const store = ['-keystore', path.join(folder, 'tls.p12'), '-storepass', KEYS.secretAccessKey, '-alias', 'tls'];
  const subject = ['-keyalg', 'EC', '-dname', 'CN=storage.test', '-ext', 'san=ip:127.0.0.1'];
  await run('keytool', ['-genkeypair', '-storetype', 'PKCS12', ...store, ...subject]);
  return (await run('keytool', ['-exportcert', '-rfc', ...store])).stdout;
}

const settingsOf = (folder: string, port: number, securePort: number): string =>
  `s3proxy.endpoint=http://127.0.0.1:${port}
s3proxy.secure-endpoint=https://127.0.0.1:${securePort}
s3proxy.keystore-path=${path.join(folder, 'tls.p12')}
s3proxy.keystore-password=${KEYS.secretAccessKey}
s3proxy.authorization=aws-v2-or-v4
s3proxy.identity=${KEYS.accessKeyId}
s3proxy.credential=${KEYS.secretAccessKey}
jclouds.provider=filesystem-nio2
jclouds.filesystem.basedir=${path.join(folder, 'data')}
`;

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
