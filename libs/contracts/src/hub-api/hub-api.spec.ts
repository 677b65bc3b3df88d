import { MAX_ENVELOPE_BYTES, MAX_ENVELOPES_PER_BATCH } from '../limits.js';
import { compactJws } from './compact-jws.js';
import { DIRECTORY_API } from './directory-api.js';
import { feedEntry, MAX_FEED_PAGE, MAX_FEED_WAIT_SECONDS, NOTIFICATIONS_API } from './feed-api.js';
import { discoveryDocument, envelopeBatch } from './gateway-api.js';

const HASH = 'uU0nuZNNPgilLlLX2n2r-sSE7-N6U4DukIj3rOLvzek';

describe('a batch of envelopes', () => {
  it('takes one and a hundred, whatever they are: each is judged alone', () => {
    expect(envelopeBatch.safeParse({ envelopes: ['not even a JWS'] }).success).toBe(true);
    expect(envelopeBatch.safeParse({ envelopes: Array(MAX_ENVELOPES_PER_BATCH).fill('a.b.c') }).success).toBe(true);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a list', ['a.b.c']],
    ['no envelope', { envelopes: [] }],
    ['one too many', { envelopes: Array(MAX_ENVELOPES_PER_BATCH + 1).fill('a.b.c') }],
    ['objects', { envelopes: [{}] }],
    ['one that is too large', { envelopes: ['a'.repeat(MAX_ENVELOPE_BYTES + 1)] }],
  ])('refuses %s', (_what, body) => {
    expect(envelopeBatch.safeParse(body).success).toBe(false);
  });
});

describe('a compact JWS', () => {
  it.each(['', 'a.b', 'a.b.c.d', 'a..c', 'a.b.c=', 'a.b.c\n', 'a b.c.d'])('is not %j', (text) => {
    expect(compactJws.safeParse(text).success).toBe(false);
  });
});

describe('the discovery document', () => {
  const hub = {
    gateway: 'https://hub.example',
    directory: 'https://d.example/x',
    notifications: 'http://127.0.0.1:4103',
  };

  it('names addresses, and may say more than we know', () => {
    expect(discoveryDocument.safeParse({ realm: 'training', ...hub, later: true }).success).toBe(true);
  });

  it.each([{ gateway: 'ftp://hub.example' }, { directory: undefined }, { notifications: 'javascript:alert(1)' }])(
    'refuses %j',
    (wrong) => {
      expect(discoveryDocument.safeParse({ realm: 'training', ...hub, ...wrong }).success).toBe(false);
    },
  );
});

describe('a feed', () => {
  const { query, headers } = NOTIFICATIONS_API.readFeed;

  it('is read after a cursor, from a query or the header of a stream', () => {
    expect(query.parse({ after: '7', limit: '500', wait: '30' })).toEqual({ after: 7, limit: 500, wait: 30 });
    expect(query.parse({})).toEqual({});
    expect(headers.parse({ 'last-event-id': '41', accept: '*/*' })).toEqual({ 'last-event-id': 41 });
  });

  it.each([
    { after: '-1' },
    { after: '1.5' },
    { after: 'x' },
    { limit: '0' },
    { limit: String(MAX_FEED_PAGE + 1) },
    { wait: String(MAX_FEED_WAIT_SECONDS + 1) },
  ])('is not read by %j', (wrong) => {
    expect(query.safeParse(wrong).success).toBe(false);
  });

  it('counts its entries from 1', () => {
    const entry = { sequence: 1, hash: HASH, event: 'a.b.c' };
    expect(feedEntry.safeParse(entry).success).toBe(true);
    expect(feedEntry.safeParse({ ...entry, sequence: 0 }).success).toBe(false);
    expect(feedEntry.safeParse({ ...entry, cause: 'a.b' }).success).toBe(false);
  });
});

describe('the directory', () => {
  it.each([{ since: '-1' }, { since: 'yesterday' }])('is not read by %j', (wrong) => {
    expect(DIRECTORY_API.readDirectory.query.safeParse(wrong).success).toBe(false);
  });
});
