import { generateKeyPairSync } from 'node:crypto';
import { eventually, failOnLeaks } from '#libs/testing';
import {
  cosignersOf,
  MAX_ADD_CHECKPOINT_BYTES,
  parseNote,
  parsePolicy,
  parseSignatureLines,
  parseVerifierKey,
  SIGNATURE_TYPE,
  type SignerKey,
  serialiseNote,
  serialiseVerifierKey,
  signerKey,
  type VerifierKey,
  verifierKeyOf,
  verifyCheckpoint,
} from '#libs/transparency-log';
import { vectorsOf } from '../../vectors/vectors-of.js';
import type { AccessPoint } from './support/access-point.js';
import { logPolicyChange } from './support/community.js';
import { LogDouble } from './support/log-double.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(60_000);

interface WitnessVectors {
  readonly source: string;
  readonly witnesses: {
    readonly name: string;
    readonly origin: string;
    readonly vkey?: string;
    readonly publicKey?: string;
    readonly steps: readonly { readonly request: string; readonly status: number; readonly body?: string }[];
  }[];
}

const { source, witnesses: vectors } = vectorsOf<WitnessVectors>('witness.json');
/**
 * The base64 of that step is not canonical, which we find before we look at signatures. The key of Go's log has another name than its origin: no policy can name
 * such a log.
 */
const OUR_STATUS: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  'a Sigsum log': { 1: 400 },
  'the checksum database of Go': { 0: 404 },
};

/** A log per test that changes what the witness knows. */
const LOGS = ['basics', 'race', 'way', 'fork', 'proof', 'clock', 'restart', 'two', 'away'] as const;
const signers = new Map<string, SignerKey>(LOGS.map((name) => [name, freshSigner(`${name}.example/log`)]));

const EVERYTHING_BUT_DATE = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const satisfies FakeableAPI[];

let world: World<'rs'>;
let rs: AccessPoint;

beforeAll(async () => {
  const keys = [...[...signers.values()].map(({ key }) => key), ...vectors.map(vectorKey)];
  const logs = keys.map((key) => `log ${serialiseVerifierKey(key)}\n`).join('');
  world = await buildWorld(['rs'], (community) => community.change(logPolicyChange(logs + community.log.policy)));
  rs = world.accessPoints.rs;
});
afterAll(() => world?.end());
failOnLeaks();

function freshSigner(name: string): SignerKey {
  return signerKey(name, SIGNATURE_TYPE.ED25519, generateKeyPairSync('ed25519').privateKey);
}

function vectorKey({ origin, vkey, publicKey = '' }: WitnessVectors['witnesses'][number]): VerifierKey {
  if (vkey !== undefined) return parseVerifierKey(vkey);
  return verifierKeyOf(origin, SIGNATURE_TYPE.ED25519, Buffer.from(publicKey, 'hex'));
}

const logOf = (name: (typeof LOGS)[number], entries: string): LogDouble => new LogDouble(signers.get(name)!, entries);

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

/** Whoever calls says nothing of itself. */
async function post(body: Uint8Array | string, headers: Record<string, string> = {}, at?: string): Promise<Answer> {
  const url = `${at ?? (await rs.url())}/witness/add-checkpoint`;
  const response = await fetch(url, { method: 'POST', body: Buffer.from(body), headers });
  const type = response.headers.get('content-type');
  return { status: response.status, type, body: await response.text() };
}

const conflict = (size: number): Answer => ({ status: 409, type: 'text/x.tlog.size', body: `${size}\n` });
const headOf = async (log: LogDouble) => {
  const [row] = await rs.query<{ size: string }>('select size from witness_head where origin = $1', [log.origin]);
  return row && Number(row.size);
};
const evidenceOf = (log: LogDouble) =>
  rs.query<{ kind: string; request: Buffer; known: Buffer | null }>(
    'select kind, request, known from witness_evidence where origin = $1 order by met_at',
    [log.origin],
  );

describe(`the vectors of ${source}, over HTTP`, () => {
  it.each(vectors)('of $name', async ({ name, steps }) => {
    const answers: Answer[] = [];
    for (const { request } of steps) answers.push(await post(request));
    expect(answers.map(({ status }) => status)).toEqual(
      steps.map(({ status }, step) => OUR_STATUS[name]?.[step] ?? status),
    );
    expect(answers.filter(({ status }) => status === 409).map(({ body }) => body)).toEqual(
      steps.flatMap(({ body }) => body ?? []),
    );
    for (const { status, body } of answers.filter(({ status }) => status === 200)) {
      expect([status, parseSignatureLines(Buffer.from(body))]).toMatchObject([200, [{ name: 'rs.witness' }]]);
    }
  });
});

describe('add-checkpoint', () => {
  it('cosigns what continues what it has seen, as the policy names it', async () => {
    const log = logOf('basics', 'abc');
    const first = await post(await log.request(0));
    expect(first).toMatchObject({ status: 200, type: 'text/plain; charset=utf-8' });
    log.grow('defg');
    const before = Math.floor(Date.now() / 1000);
    const second = await post(await log.request(3), { 'content-type': 'application/json' });
    expect(second.status).toBe(200);
    const note = await log.checkpoint();
    const cosigned = parseNote(Buffer.concat([serialiseNote(note), Buffer.from(second.body)]));
    const policy = parsePolicy(Buffer.from(world.community.log.policy));
    const witnesses = policy.witnesses.map(({ key }) => key);
    const verified = verifyCheckpoint(cosigned, { origin: log.origin, logs: [signers.get('basics')!.key], witnesses });
    expect(cosignersOf(policy, verified)).toEqual(['rs']);
    expect(verified.cosignatures[0]?.timestamp).toBeGreaterThanOrEqual(before);
    expect(await headOf(log)).toBe(7);
  });

  it('says where it is to whoever does not know, and never goes back', async () => {
    const log = logOf('way', 'abcdefg');
    expect((await post(await log.request(0))).status).toBe(200);
    expect(await post(await log.request(0))).toEqual(conflict(7));
    expect(await post(await log.request(3, 5))).toEqual(conflict(7));
    expect((await post(await log.request(7))).status).toBe(200);
    expect(await headOf(log)).toBe(7);
    expect(await evidenceOf(log)).toEqual([]);
  });

  it('lets one of racing requests win, the others learn where it is', async () => {
    const log = logOf('race', 'abcdefghijkl');
    for (const [from, to] of [
      [0, 4],
      [4, 12],
    ] as const) {
      const sizes = Array.from({ length: 8 }, (_, nth) => from + 1 + (nth % (to - from)));
      const requests = await Promise.all(sizes.map((size) => log.request(from, size)));
      const answers = await Promise.all(requests.map((request) => post(request)));
      const won = sizes[answers.findIndex(({ status }) => status === 200)]!;
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status !== 200)).toEqual(Array(7).fill(conflict(won)));
      expect(await headOf(log)).toBe(won);
      if (won < to) expect((await post(await log.request(won, to))).status).toBe(200);
    }
  });

  it('refuses a fork and keeps it, once, whichever size the request starts from', async () => {
    const log = logOf('fork', 'abcdefg');
    const other = logOf('fork', 'abXdefg');
    expect((await post(await log.request(0))).status).toBe(200);
    const fork = await other.request(7);
    for (let time = 0; time < 2; time += 1) {
      const refused = await post(fork);
      expect(refused.status).toBe(409);
      expect(refused.type).not.toContain('tlog.size');
    }
    const known = serialiseNote(await log.checkpoint());
    expect(await evidenceOf(log)).toEqual([{ kind: 'fork', request: fork, known }]);
    log.grow('h');
    expect((await post(await log.request(7))).status).toBe(200);
    // What it no longer stands at is in its history, if it was cosigned in another hour or was the first.
    const late = logOf('fork', 'abcdefX');
    expect(await post(await late.request(3))).toEqual(conflict(8));
    expect((await evidenceOf(log)).map(({ kind }) => kind)).toEqual(['fork', 'fork']);
    expect(await headOf(log)).toBe(8);
  });

  it('refuses what comes without a good proof, and keeps one of each checkpoint', async () => {
    const log = logOf('proof', 'abcde');
    expect((await post(await log.request(0))).status).toBe(200);
    const forked = logOf('proof', 'abXdefgh');
    const lie = await forked.request(5);
    for (let time = 0; time < 2; time += 1) expect((await post(lie)).status).toBe(422);
    expect(await evidenceOf(log)).toEqual([
      { kind: 'proof', request: lie, known: serialiseNote(await log.checkpoint()) },
    ]);
    for (const statement of [
      'update witness_evidence set origin = $1',
      'delete from witness_history where origin = $1',
    ])
      await expect(rs.query(statement, [log.origin])).rejects.toThrow('neither changed nor removed');
    await expect(rs.query('update witness_head set size = 1 where origin = $1', [log.origin])).rejects.toThrow(
      'go back',
    );
    expect(await headOf(log)).toBe(5);
  });

  it('refuses the keys of others, logs that nobody named, garbage, and what is too large', async () => {
    const strange = new LogDouble(freshSigner('basics.example/log'), 'abc');
    const unknown = new LogDouble(freshSigner('unknown.example/log'), 'abc');
    const large = Buffer.alloc(MAX_ADD_CHECKPOINT_BYTES + 1, 'x');
    const cases: [Uint8Array | string, number][] = [
      [await strange.request(0), 403],
      [await unknown.request(0), 404],
      ['', 400],
      ['old 0\n\n', 400],
      ['{"old": 0}', 400],
      [`old 1\n\n${serialiseNote(await logOf('basics', '').checkpoint())}`, 400],
      [large.subarray(1), 400],
      [large, 413],
    ];
    for (const [body, status] of cases) {
      expect(await post(body)).toMatchObject({ status, type: 'text/plain; charset=utf-8' });
    }
    expect((await fetch(`${await rs.url()}/witness/add-checkpoint`)).status).toBe(404);
  });

  it('is not moved by its clock', async () => {
    const log = logOf('clock', 'abc');
    for (const hours of [1, -1]) {
      const now = Date.now() + hours * 3_600_000;
      jest.useFakeTimers({ now, advanceTimers: true, doNotFake: EVERYTHING_BUT_DATE });
      try {
        const size = log.grow('x').size;
        const stored = (await headOf(log)) ?? 0;
        const { status, body } = await post(await log.request(stored));
        expect(status).toBe(200);
        const seconds = Number(parseSignatureLines(Buffer.from(body))[0]?.signature.readBigUInt64BE());
        expect(Math.abs(seconds - now / 1000)).toBeLessThan(10);
        expect(await post(await log.request(0, 2))).toEqual(conflict(size));
      } finally {
        jest.useRealTimers();
      }
    }
  });
});

describe('the memory of a witness', () => {
  it('outlives its process', async () => {
    const log = logOf('restart', 'abcde');
    expect((await post(await log.request(0))).status).toBe(200);
    await rs.stop();
    await rs.start();
    await rs.whenReady();
    log.grow('fg');
    expect(await post(await log.request(0))).toEqual(conflict(5));
    expect((await post(await log.request(5))).status).toBe(200);
  });

  it('is one for all its instances', async () => {
    const second = await rs.start();
    const at = await second.getUrl();
    await rs.whenReady();
    const [log, other] = [logOf('two', 'abcde'), logOf('two', 'abXde')];
    const answers = await Promise.all([
      post(await log.request(0)),
      post(await other.request(0), {}, at),
      post(await log.request(0), {}, at),
      post(await other.request(0)),
    ]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await evidenceOf(log)).toMatchObject([{ kind: 'fork' }]);
  });

  it('is asked before anything is cosigned: without it there is no answer', async () => {
    const log = logOf('away', 'abc');
    const session = rs.database.dataSource.createQueryRunner();
    await session.query('begin; lock table witness_head in access exclusive mode');
    const asked = post(await log.request(0));
    await eventually(async () => {
      const waiting = await rs.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'witness_head'`,
      );
      expect(waiting).toHaveLength(1);
    });
    await session.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where query ~ $1 and pid <> pg_backend_pid()',
      ['insert into witness_head'],
    );
    expect(await asked).toMatchObject({ status: 503, type: 'text/plain; charset=utf-8' });
    await session.query('rollback');
    await session.release();
    expect(await headOf(log)).toBeUndefined();
    expect((await post(await log.request(0))).status).toBe(200);
  });
});
