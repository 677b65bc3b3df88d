import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createKeystore } from '#libs/envelope';
import { run } from './program.js';
import { writeSession } from './session/session-file.js';

const LEG = '01933f6e-0000-7000-8000-000000000002';
const ENVELOPE = '01933f6e-0000-7000-8000-000000000001';
const TYPE = 'serai.requests.leg.acknowledged.v1';
const OFFICER = {
  subject: 'o-3f9a1c2e',
  name: 'Karim al-Tajribi',
  participant: 'urn:serai:participant:iq',
  pseudonym: 'o-3f9a1c2e',
  roles: ['NCC_DUTY_OFFICER'],
  desks: [{ desk: 'urn:serai:desk:iq:ncc', name: 'NCC', kind: 'NCC' }],
};

interface Call {
  readonly route: string;
  body: string;
  readonly headers: IncomingMessage['headers'];
}
let calls: Call[] = [];
let answers: Record<string, [status: number, body: object]> = {};
const server = createServer((request, response) => {
  const route = `${request.method} ${request.url}`;
  const call: Call = { route, headers: request.headers, body: '' };
  calls.push(call);
  request.setEncoding('utf8').on('data', (text: string) => (call.body += text));
  const [status, body] = answers[route] ?? [404, problem(404, 'ERR_REQUEST_NOT_FOUND')];
  request.resume().on('end', () => response.writeHead(status).end(JSON.stringify(body)));
});
const problem = (status: number, code: string) => ({ type: 'urn:x', title: 't', status, code, detail: 'Said so.' });

let folder: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'serai-cli-'));
  calls = [];
  answers = { 'GET /v1/me': [200, OFFICER] };
});
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const sessionFile = (): string => path.join(folder, 'settings', 'session.json');

/** Runs a command line as somebody who is logged in. */
async function serai(...args: string[]): Promise<{ code: number; result: string; remarks: string }> {
  const accessPoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tokens = { accessToken: 'token', expiresAt: Date.now() + 600_000 };
  writeSession(sessionFile(), { accessPoint, issuer: 'http://127.0.0.1:9', participant: OFFICER.participant, tokens });
  return bare(...args);
}

const bare = (...args: string[]) => withPassphrase(undefined, ...args);

async function withPassphrase(
  keystorePassphrase: string | undefined,
  ...args: string[]
): Promise<{ code: number; result: string; remarks: string }> {
  let [result, remarks] = ['', ''];
  const terminal = {
    result: (text: string) => (result += `${text}\n`),
    remark: (text: string) => (remarks += `${text}\n`),
  };
  const config = { sessionFile: sessionFile(), folder, keystorePassphrase };
  return { code: await run(args, { config, terminal, signal: new AbortController().signal }), result, remarks };
}

const decided = (state: string, more: object = {}): [number, object] => [
  200,
  { envelopeId: ENVELOPE, type: TYPE, state, ...more },
];
const acknowledged = (): void => {
  answers[`POST /v1/legs/${LEG}/acknowledge`] = [202, { envelopeId: ENVELOPE }];
  answers[`GET /v1/envelopes/${ENVELOPE}`] = decided('ACCEPTED');
};

describe('serai', () => {
  it('says who is logged in', async () => {
    const { code, result } = await serai('me');
    expect(code).toBe(0);
    expect(result).toContain('Karim al-Tajribi, iq, NCC_DUTY_OFFICER');
    expect(result).toContain('iq:ncc');
  });

  it('acts for the only desk, with the purpose, and tells what the hub decided', async () => {
    acknowledged();
    const { code, result } = await serai('legs', 'acknowledge', LEG, '--purpose', 'INVESTIGATION');
    expect(code).toBe(0);
    expect(result).toContain('accepted by the hub');
    const act = calls.find(({ route }) => route.startsWith('POST'));
    expect(act?.headers).toMatchObject({ 'serai-desk': 'urn:serai:desk:iq:ncc', 'serai-purpose': 'INVESTIGATION' });
  });

  it('prints one JSON document when asked to', async () => {
    acknowledged();
    const { result } = await serai('--json', 'legs', 'acknowledge', LEG);
    expect(JSON.parse(result)).toEqual({
      envelopeId: ENVELOPE,
      envelopes: [{ envelopeId: ENVELOPE, type: TYPE, state: 'ACCEPTED' }],
    });
  });

  const waiting = {
    approvalId: LEG,
    kind: 'REQUEST_RELEASE',
    state: 'WAITING',
    requestId: LEG,
    legId: LEG,
    desk: 'urn:serai:desk:iq:ncc',
    recipient: { participant: 'urn:serai:participant:tr', desk: 'urn:serai:desk:tr:ncc' },
    proposedBy: 'o-77aa10b3',
    proposedAt: '2026-11-22T03:00:00.000Z',
    expiresAt: '2026-11-25T03:00:00.000Z',
  };

  it('lists what waits for a second person, and lets it out', async () => {
    answers['GET /v1/approvals?state=WAITING'] = [200, { entries: [waiting] }];
    expect((await serai('approvals', 'list')).result).toContain(
      `${LEG}  request to tr:ncc  by o-77aa10b3  WAITING  until 2026-11-25T03:00:00.000Z`,
    );
    answers[`POST /v1/approvals/${LEG}/approve`] = [202, { envelopeId: ENVELOPE }];
    answers[`GET /v1/envelopes/${ENVELOPE}`] = decided('ACCEPTED');
    expect((await serai('approvals', 'approve', LEG)).result).toContain('accepted by the hub');
  });

  it('rejects what waits only with a reason', async () => {
    expect((await serai('approvals', 'reject', LEG)).code).toBe(2);
    expect(calls.map(({ route }) => route)).not.toContain(`POST /v1/approvals/${LEG}/reject`);
    answers[`POST /v1/approvals/${LEG}/reject`] = [
      200,
      { ...waiting, state: 'REJECTED', decidedBy: 'o-3f9a1c2e', decidedAt: '2026-11-22T04:00:00.000Z' },
    ];
    const { code, result } = await serai('approvals', 'reject', LEG, '--text', 'No.');
    expect([code, result]).toEqual([0, expect.stringContaining('REJECTED  o-3f9a1c2e 2026-11-22T04:00:00.000Z')]);
    expect((await serai('approvals', 'list', '--state', 'LOST')).remarks).toContain('--state LOST is none of WAITING');
  });

  it('hands on the idempotency key', async () => {
    acknowledged();
    await serai('legs', 'acknowledge', LEG, '--idempotency-key', 'my-own-key');
    expect(calls.find(({ route }) => route.startsWith('POST'))?.headers['idempotency-key']).toBe('my-own-key');
  });

  it('does not fail because the hub takes its time', async () => {
    acknowledged();
    answers[`GET /v1/envelopes/${ENVELOPE}`] = decided('QUEUED');
    const { code, result } = await serai('legs', 'acknowledge', LEG, '--wait', '0');
    expect(code).toBe(0);
    expect(result).toContain('it goes out when the hub answers');
  });
});

describe('serai ends', () => {
  it('with 3 and the code when the hub refuses', async () => {
    acknowledged();
    const refusal = problem(409, 'ERR_LEG_MOVE_NOT_ALLOWED');
    answers[`GET /v1/envelopes/${ENVELOPE}`] = decided('REFUSED', { problem: refusal });
    const { code, remarks } = await serai('legs', 'acknowledge', LEG);
    expect(code).toBe(3);
    expect(remarks).toContain('Said so. (ERR_LEG_MOVE_NOT_ALLOWED)');
  });

  it('with 3 and every wrong field when the access point refuses', async () => {
    const errors = [{ path: 'text', message: 'must not be empty' }];
    answers[`POST /v1/legs/${LEG}/notes`] = [422, { ...problem(422, 'ERR_REQUEST_INVALID'), errors }];
    const { code, remarks } = await serai('legs', 'note', LEG, '--text', '');
    expect(code).toBe(3);
    expect(remarks).toContain('text: must not be empty');
  });

  it('with 5 when the log-in does not count any more', async () => {
    answers['GET /v1/me'] = [401, problem(401, 'ERR_OFFICER_UNAUTHENTICATED')];
    const { code, remarks } = await serai('me', '--json');
    expect(code).toBe(5);
    expect(JSON.parse(remarks)).toEqual({ error: { code: 'ERR_OFFICER_UNAUTHENTICATED', message: 'Said so.' } });
  });

  it('with 2 and what to type when it was called wrongly', async () => {
    for (const [args, sentence] of [
      [['moon'], "unknown command 'moon'"],
      [['legs', 'acknowledge'], "missing required argument 'leg'"],
      [['legs', 'list', '--limit', 'all'], '--limit all is no number from 1'],
      [['routes', '--to', 'Iraq'], '"Iraq" is no participant: write iq'],
      [['legs', 'acknowledge', LEG, '--purpose', 'FUN'], '"FUN" is no purpose'],
      [['legs', 'answer', LEG, '--file', '/nowhere.json'], '/nowhere.json is not a readable JSON file'],
    ] as const) {
      const { code, remarks } = await serai(...args);
      expect([code, remarks]).toEqual([2, expect.stringContaining(sentence)]);
    }
  });

  it('with 2 when nobody is logged in', async () => {
    const { code, remarks } = await bare('me');
    expect(code).toBe(2);
    expect(remarks).toContain('Nobody is logged in: run "serai login"');
  });

  it('with 0 after --help', async () => {
    const { code, result } = await bare('--help');
    expect(code).toBe(0);
    expect(result).toContain('Exit codes: 0 done');
  });
});

describe('an operator of the hub', () => {
  const parked = (id: string, code: string) => ({
    ...{ id, code, reason: 'Said so.', topic: 'requests.submissions', partition: 2, offset: '17' },
    ...{ appendedAt: '2026-11-22T03:12:06.123Z', parkedAt: '2026-11-22T03:12:07.000Z', bytes: 2195 },
  });
  const page = (records: object[], next?: string): [number, object] => [200, { records, ...(next ? { next } : {}) }];
  let where: string[];
  beforeAll(async () => {
    const keys = mkdtempSync(path.join(tmpdir(), 'serai-cli-keys-'));
    await createKeystore(path.join(keys, 'operations.jwe'), 'of a test');
    const services = `requests=http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    where = ['--keystore', path.join(keys, 'operations.jwe'), '--services', services];
  });
  afterAll(() => rmSync(path.dirname(where[1] ?? ''), { recursive: true }));
  const operate = (...args: string[]) => withPassphrase('of a test', 'parked', ...args, ...where);

  it('sees where parked records lie and why, and what to type for more', async () => {
    answers['GET /v1/parked?limit=50'] = page([parked('41', 'ERR_ENVELOPE_SIGNATURE')], '41');
    const { code, result, remarks } = await operate('list');
    expect(code).toBe(0);
    expect(result).toMatch(
      /requests +41 +requests\.submissions\/2@17 +2195 bytes .+ ERR_ENVELOPE_SIGNATURE +Said so\./,
    );
    expect(remarks).toContain('serai parked list --service requests --after 41');
    expect(calls[0]?.headers.authorization).toMatch(/^Bearer eyJ/);
  });

  it('gets JSON when asked, and hands on what narrows the list', async () => {
    answers['GET /v1/parked?after=41&topic=t&code=ERR_ENVELOPE_REALM&limit=2'] = page([]);
    const more = ['--service', 'requests', '--after', '41', '--topic', 't', '--code', 'ERR_ENVELOPE_REALM'];
    const { result } = await operate('list', '--json', '--limit', '2', ...more);
    expect(JSON.parse(result)).toEqual({ records: [], more: [] });
  });

  it('sees what the log found wrong, and what to type for more', async () => {
    const [keystore, file, , services] = where as [string, string, string, string];
    const at = [keystore, file, '--services', services.replace('requests=', 'audit=')];
    const find = (...args: string[]) => withPassphrase('of a test', 'findings', ...args, ...at);
    const gap = { id: '3', kind: 'SEQUENCE_GAP', foundAt: '2026-11-22T03:12:07.000Z' };
    const findings = [{ ...gap, producer: 'urn:serai:participant:rs', number: '17' }];
    answers['GET /v1/findings?kind=SEQUENCE_GAP&after=2&limit=1'] = [200, { findings, next: '3' }];
    const args = ['--kind', 'SEQUENCE_GAP', '--after', '2', '--limit', '1'];
    const { code, result, remarks } = await find(...args);
    expect(code).toBe(0);
    expect(result).toMatch(/3 +2026-11-22T03:12:07\.000Z +SEQUENCE_GAP +- +urn:serai:participant:rs, number 17/);
    expect(remarks).toContain('serai findings --kind SEQUENCE_GAP --after 3');
    expect(JSON.parse((await find(...args, '--json')).result)).toEqual({ findings, next: '3' });
    for (const wrong of [
      ['--kind', 'WRONG'],
      ['--limit', '0'],
      ['--limit', '201'],
    ])
      expect((await find(...wrong)).code).toBe(2);
    const elsewhere = await withPassphrase('of a test', 'findings', ...where);
    expect([elsewhere.code, elsewhere.remarks]).toEqual([2, expect.stringContaining('--services audit=')]);
  });

  it('replays one record', async () => {
    answers['POST /v1/parked/41/replay'] = [200, { replayed: 3 }];
    const { code, result } = await operate('replay', 'requests', '41');
    expect([code, result]).toEqual([0, '41: 3 records handled\n']);
  });

  it('discards one record, saying why', async () => {
    answers['POST /v1/parked/41/discard'] = [200, { replayed: 2 }];
    const reason = 'A byte was changed on the broker.';
    const { code, result } = await operate('discard', 'requests', '41', '--reason', reason, '--release-key');
    expect([code, result]).toEqual([0, '41: discarded. Of those behind it, 2 records handled\n']);
    expect(JSON.parse(calls[0]?.body ?? '')).toEqual({ reason, releaseKey: true });
    expect((await operate('discard', 'requests', '41')).code).toBe(2);
  });

  it('replays all over several pages, but not what waits for another, and fails with what failed again', async () => {
    answers['GET /v1/parked?'] = page([parked('41', 'ERR_ENVELOPE_SIGNATURE'), parked('42', 'ERR_KEY_PARKED')], '42');
    answers['GET /v1/parked?after=42'] = page([parked('43', 'ERR_ENVELOPE_REALM'), parked('44', 'ERR_ENVELOPE_REALM')]);
    answers['POST /v1/parked/41/replay'] = [200, { replayed: 2 }];
    const stopped = { id: '43', code: 'ERR_ENVELOPE_REALM', reason: 'Said so.' };
    answers['POST /v1/parked/43/replay'] = [200, { replayed: 0, stopped }];
    // 44 was replayed by somebody else meanwhile: 404.
    const { code, result, remarks } = await operate('replay', 'requests', '--all');
    expect(calls.filter(({ route }) => route.startsWith('POST')).map(({ route }) => route)).toEqual([
      'POST /v1/parked/41/replay',
      'POST /v1/parked/43/replay',
      'POST /v1/parked/44/replay',
    ]);
    expect(code).toBe(3);
    expect(result).toContain('43: 0 records handled; 43 failed again and stays parked: Said so. (ERR_ENVELOPE_REALM)');
    expect(remarks).toContain('1 of 2 failed again and stay parked. (ERR_ENVELOPE_REALM)');
  });

  it('is told why it may not', async () => {
    answers['GET /v1/parked?limit=50'] = [401, problem(401, 'ERR_CALLER_UNAUTHENTICATED')];
    const { code, remarks } = await operate('list');
    expect([code, remarks]).toEqual([3, 'Said so. (ERR_CALLER_UNAUTHENTICATED)\n']);
    const strangers = await withPassphrase('another', 'parked', 'list', ...where);
    expect([strangers.code, strangers.remarks]).toEqual([3, expect.stringContaining('ERR_KEYSTORE_UNREADABLE')]);
  });

  it('is told what to type when it was called wrongly, and 4 when nobody answers', async () => {
    for (const [args, sentence] of [
      [['list', '--limit', '0'], '--limit 0 is no number from 1 to 200'],
      [['list', '--after', '3'], '--after needs --service'],
      [['list', '--service', 'gateway'], 'There is no service "gateway". There are: requests.'],
      [['replay', 'requests'], 'Give a number, or --all'],
      [['replay', 'requests', '1', '--all'], 'Give a number, or --all'],
    ] as const) {
      const { code, remarks } = await operate(...args);
      expect([code, remarks]).toEqual([2, expect.stringContaining(sentence)]);
    }
    expect((await bare('parked', 'list')).remarks).toContain('run "npm start" first');
    expect((await bare('parked', 'list', ...where)).remarks).toContain('Set SERAI_KEYSTORE_PASSPHRASE');
    const nobody = [...where.slice(0, 2), '--services', 'requests=http://127.0.0.1:9'];
    const { code, remarks } = await withPassphrase('of a test', 'parked', 'list', ...nobody);
    expect([code, remarks]).toEqual([4, expect.stringContaining('requests does not answer at http://127.0.0.1:9')]);
  });
});

describe('--as', () => {
  it('needs a running local community', async () => {
    const { code, remarks } = await bare('me', '--as', 'rs.liaison');
    expect(code).toBe(2);
    expect(remarks).toContain('run "npm start" first');
  });

  it('names the log-ins that there are', async () => {
    const officers = [{ login: 'rs.liaison', password: 'x', participant: 'rs', desks: [] }];
    const community = { issuer: 'http://127.0.0.1:9', rootKeys: '/r', participants: [], officers };
    mkdirSync(path.join(folder, '.serai'));
    writeFileSync(path.join(folder, '.serai', 'run.json'), JSON.stringify({ community }));
    expect((await bare('me', '--as', 'rs.boss')).remarks).toContain(
      'There is no log-in "rs.boss". There are: rs.liaison.',
    );
  });
});

describe('the kept session', () => {
  it('is readable by its owner alone, and gone after logout', async () => {
    await serai('me');
    expect(statSync(sessionFile()).mode & 0o777).toBe(0o600);
    expect((await bare('logout')).code).toBe(0);
    expect((await bare('me')).code).toBe(2);
  });
});

describe('a key whose id begins with a dash', () => {
  const KID = '-hAllKoiSpXx54MWZFw4Sr-xXsktm3kF-aRzwOXbGW4';

  it.each([
    ['before the options', [KID, '--out', 'changes.json']],
    ['behind them', ['--out', 'changes.json', KID]],
  ])('is taken %s', async (_, args) => {
    answers[`POST /v1/keys/${KID}/end`] = [409, problem(409, 'ERR_KEY_LAST')];
    await serai('keys', 'retire', ...args);
    expect(calls.map(({ route }) => route)).toContainEqual(expect.stringContaining(KID));
  });

  it('is no way in for options that nobody knows', async () => {
    expect(await serai('keys', 'retire', `-${KID}`)).toMatchObject({ code: 2 });
    expect(await serai('keys', 'retire', '-x')).toMatchObject({ code: 2 });
    expect(calls).toEqual([]);
  });
});
