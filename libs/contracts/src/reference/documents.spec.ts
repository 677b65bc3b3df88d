import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Fixture, fixtureNames, fixturesOf } from '../../fixtures/fixtures-of.js';
import { MESSAGE_CONTRACTS } from '../catalogue.js';
import { referenceDocuments } from './documents.js';
import { documentProblems } from './validate-documents.js';

const documents = referenceDocuments('1.2.3');
const parsed = (file: string) => JSON.parse(documents.get(file)!);

describe('the generated reference', () => {
  it('follows the specifications of JSON Schema, OpenAPI and AsyncAPI', async () => {
    expect(await documentProblems(documents)).toEqual([]);
  }, 60_000);

  it.each<[string, string, unknown]>([
    ['schemas/x.schema.json', 'a schema with a type that does not exist', { type: 'text' }],
    ['schemas/x.schema.json', 'a reference that leads nowhere', { $ref: '#/$defs/Lost' }],
    ['openapi/x.json', 'an API without information', { openapi: '3.1.0', paths: {} }],
    ['asyncapi.json', 'topics without information', { asyncapi: '3.0.0', channels: {} }],
  ])('%s is refused: %s', async (file, _why, document) => {
    const problems = await documentProblems(new Map([[file, JSON.stringify(document)]]));
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]).toMatch(new RegExp(`^${file}: `));
  });

  it('names every message type in the list of messages, and on the topic where it travels', () => {
    const channels = parsed('asyncapi.json').channels;
    for (const { type, channel } of MESSAGE_CONTRACTS.values()) {
      expect(documents.get('messages.md')).toContain(`### ${type}\n`);
      if (!channel.endsWith('.answers')) expect(Object.keys(channels[channel].messages)).toContain(type);
    }
  });

  it('says in words what JSON Schema cannot', () => {
    const { Caveat } = parsed('schemas/serai.requests.request.submitted.v1.schema.json').$defs;
    expect(Caveat.description).toContain('participants go with RELEASE_TO and NOT_TO, and only with them');
    expect(Caveat['x-rules']).toHaveLength(2);
  });

  it('asks for a token wherever an API does, and for none where it does not', () => {
    const { paths } = parsed('openapi/gateway.json');
    expect(paths['/v1/envelopes'].post.security).toEqual([{ callerToken: [] }]);
    expect(paths['/.well-known/serai'].get.security).toEqual([]);
    const { '/witness/add-checkpoint': witness, ...ofOfficers } = parsed('openapi/access-point.json').paths;
    expect(witness.post.security).toEqual([]);
    for (const operations of Object.values(ofOfficers)) {
      for (const { security } of Object.values(operations as Record<string, { security: unknown }>)) {
        expect(security).toEqual([{ officerToken: [] }]);
      }
    }
  });
});

describe('the published schemas', () => {
  const ajv = new Ajv2020({ strict: false });
  const compile = (name: string) => ajv.compile(parsed(`schemas/${name}.schema.json`));
  const validators = new Map(fixtureNames().map((name) => [name, compile(name)]));
  const validate = (name: string) => validators.get(name)!;
  const cases = fixtureNames().flatMap((name) =>
    fixturesOf(name).map((fixture): [string, string, Fixture] => [name, fixture.comment, fixture]),
  );

  it.each(cases.filter(([, , { valid }]) => valid))('%s take: %s', (name, _comment, { value }) => {
    expect(validate(name)(value)).toBe(true);
  });

  it.each(cases.filter(([, , { valid, beyondSchema }]) => !valid && !beyondSchema))(
    '%s refuse: %s',
    (name, _comment, { value }) => {
      expect(validate(name)(value)).toBe(false);
    },
  );

  it.each(cases.filter(([, , { beyondSchema }]) => beyondSchema))('%s cannot tell: %s', (name, _comment, { value }) => {
    expect(validate(name)(value)).toBe(true);
    expect(documents.get(`schemas/${name}.schema.json`)).toContain('x-rules');
  });
});
