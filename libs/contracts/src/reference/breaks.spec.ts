import { breaks } from './breaks.js';
import { referenceDocuments } from './documents.js';

const published = referenceDocuments('1.2.3');

type Place = readonly (string | number)[];
interface Change {
  readonly at: Place;
  /** `undefined` takes the member away; at the end of a list the value is added. */
  readonly value: unknown;
}

/** The published documents with one of them changed, or taken away. */
function changed(file: string, change?: Change): Map<string, string> {
  const documents = new Map(published);
  documents.delete(file);
  return change ? documents.set(file, edited(published.get(file)!, change)) : documents;
}

function edited(text: string, { at, value }: Change): string {
  const document: unknown = JSON.parse(text);
  const owner = at
    .slice(0, -1)
    .reduce<unknown>((inner, step) => (inner as Record<string | number, unknown>)[step], document);
  const last = at.at(-1)!;
  if (Array.isArray(owner) && last === owner.length) owner.push(value);
  else (owner as Record<string | number, unknown>)[last] = value;
  return JSON.stringify(document);
}

const SUBMITTED = 'schemas/serai.requests.request.submitted.v1.schema.json';
const ACCEPTED = 'schemas/serai.requests.envelope.accepted.v1.schema.json';
const HEADER = ['properties', 'data', 'properties', 'header'];
const KINDS = ['$defs', 'RequestKind', 'enum'];
const FEED = ['paths', '/v1/feed', 'get'];

describe('a newer reference', () => {
  it('may be the same, written by a newer version', () => {
    expect(breaks(published, referenceDocuments('1.3.0'))).toEqual([]);
  });

  it('may come first: nothing was published before', () => {
    expect(breaks(new Map(), published)).toEqual([]);
  });

  it.each<[string, string, Change]>([
    ['an optional field', SUBMITTED, { at: [...HEADER, 'properties', 'later'], value: { type: 'string' } }],
    ['a code', SUBMITTED, { at: [...KINDS, 16], value: 'LATER' }],
    ['an operation', 'openapi/gateway.json', { at: ['paths', '/v1/later'], value: { get: { responses: {} } } }],
    [
      'an optional parameter',
      'openapi/notifications.json',
      { at: [...FEED, 'parameters', 4], value: { name: 'later', in: 'query', required: false, schema: {} } },
    ],
  ])('may add %s', (_what, file, change) => {
    expect(breaks(published, changed(file, change))).toEqual([]);
  });
});

describe('a newer reference is refused', () => {
  it.each<[string, string, Change | undefined, string]>([
    ['without a message type', SUBMITTED, undefined, 'serai.requests.request.submitted.v1 was removed or renamed'],
    [
      'without a field',
      SUBMITTED,
      { at: [...HEADER, 'properties', 'channelNature'], value: undefined },
      'serai.requests.request.submitted.v1: data.header.channelNature: removed or renamed',
    ],
    [
      'without a field of a shared shape',
      ACCEPTED,
      { at: ['$defs', 'LegState', 'properties', 'readAt'], value: undefined },
      'serai.requests.envelope.accepted.v1: data.header.leg.readAt: removed or renamed',
    ],
    [
      'with a code renamed',
      SUBMITTED,
      { at: [...KINDS, 15], value: 'COMMON' },
      'serai.requests.request.submitted.v1: data.header.kind: the code GENERAL was removed',
    ],
    [
      'with a field newly required',
      SUBMITTED,
      { at: [...HEADER, 'required', 11], value: 'purpose' },
      'serai.requests.request.submitted.v1: data.header.purpose: newly required',
    ],
    [
      'without an operation',
      'openapi/directory.json',
      { at: ['paths', '/v1/directory'], value: undefined },
      'directory GET /v1/directory parameters was removed or renamed',
    ],
    [
      'with a parameter newly required',
      'openapi/notifications.json',
      { at: [...FEED, 'parameters', 0, 'required'], value: true },
      'notifications GET /v1/feed parameters: query after: newly required',
    ],
    [
      'with a parameter renamed',
      'openapi/notifications.json',
      { at: [...FEED, 'parameters', 0, 'name'], value: 'since' },
      'notifications GET /v1/feed parameters: query after: removed or renamed',
    ],
    [
      'without a media type of an answer',
      'openapi/notifications.json',
      { at: [...FEED, 'responses', '200', 'content', 'text/event-stream'], value: undefined },
      'notifications GET /v1/feed 200 text/event-stream was removed or renamed',
    ],
  ])('%s', (_what, file, change, finding) => {
    expect(breaks(published, changed(file, change))).toContain(finding);
  });
});
