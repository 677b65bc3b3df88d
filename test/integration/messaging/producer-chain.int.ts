import { generateKeyPairSync } from 'node:crypto';
import type { JWK } from 'jose';
import type { EntityManager } from 'typeorm';
import { v7 as uuid7 } from 'uuid';
import { hashOf, type SignedEnvelope, type Signer, signerFromJwk } from '#libs/envelope';
import { type DraftEvent, ProducerChain } from '#libs/messaging';
import { inTransaction } from '#libs/persistence';
import { failOnLeaks } from '#libs/testing';
import { createFixture, type Fixture } from './support/fixture.js';

jest.setTimeout(60_000);

let fixture: Fixture;
let signer: Signer;
const chain = new ProducerChain();

beforeAll(async () => {
  fixture = await createFixture();
  signer = await signerFromJwk(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as JWK);
});
afterAll(() => fixture.close());
failOnLeaks();

let producers = 0;
function newProducer(): string {
  producers += 1;
  return `urn:serai:participant:p${producers}`;
}

const drafts = (source: string, count: number): DraftEvent[] =>
  Array.from({ length: count }, () => ({
    specversion: '1.0',
    id: uuid7(),
    source,
    type: 'serai.test.thing.done.v1',
    subject: uuid7(),
    time: '2026-11-22T03:12:06.123Z',
    datacontenttype: 'application/json',
    realm: 'training',
    data: { header: {} },
  }));

const append = (source: string, count: number, before: (tx: EntityManager) => Promise<void> = async () => undefined) =>
  inTransaction(fixture.dataSource, async (tx) => {
    const envelopes = await chain.append(tx, drafts(source, count), signer);
    await before(tx);
    return envelopes;
  });

/** Asserts numbers from 1 without a gap, each with the hash of the one before. */
function expectChain(envelopes: readonly SignedEnvelope[]): void {
  const ordered = envelopes.toSorted((a, b) => Number(a.event.producerseq) - Number(b.event.producerseq));
  for (const [index, { event }] of ordered.entries()) {
    expect(event.producerseq).toBe(String(index + 1));
    expect(event.producerprev).toBe(index === 0 ? undefined : hashOf(ordered[index - 1]!.jws));
  }
}

describe(ProducerChain.name, () => {
  it('numbers from 1 and links each envelope to the one before, across transactions', async () => {
    const producer = newProducer();
    const envelopes = [...(await append(producer, 3)), ...(await append(producer, 1)), ...(await append(producer, 2))];
    expectChain(envelopes);
    expect(envelopes[0]!.event).not.toHaveProperty('producerprev');
  });

  it('signs what it numbered', async () => {
    const [envelope] = await append(newProducer(), 1);
    const payload = JSON.parse(Buffer.from(envelope!.jws.split('.')[1]!, 'base64url').toString());
    expect(payload).toEqual(envelope!.event);
    expect(envelope!.sha256).toBe(hashOf(envelope!.jws));
  });

  it('has no gap and no fork when many transactions append at once, the first of all included', async () => {
    const producer = newProducer();
    const appended = await Promise.all(Array.from({ length: 15 }, () => append(producer, 4)));
    expectChain(appended.flat());
  });

  it('gives the numbers of a rollback back', async () => {
    const producer = newProducer();
    const kept = await append(producer, 2);
    const failing = append(producer, 5, async () => {
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expectChain([...kept, ...(await append(producer, 2))]);
  });

  it('keeps producers apart, and does not make them wait for each other', async () => {
    const [one, other] = [newProducer(), newProducer()];
    const envelopes = await append(one, 1, async () => {
      expectChain(await append(other, 2));
    });
    expectChain([...envelopes, ...(await append(one, 1))]);
  });

  it('takes one round trip for any number of drafts, and none where the chain is held already', async () => {
    const producer = newProducer();
    await append(producer, 1);
    const statements = await inTransaction(fixture.dataSource, async (tx) => {
      const query = jest.spyOn(tx, 'query');
      await chain.append(tx, drafts(producer, 50), signer);
      await chain.append(tx, drafts(producer, 50), signer);
      return query.mock.calls.length;
    });
    expect(statements).toBe(1);
    const [{ sequence }] = await fixture.dataSource.query(
      'select sequence from producer_position where producer = $1',
      [producer],
    );
    expect(sequence).toBe('101');
  });

  it('refuses drafts of two producers, and asks nothing for none', async () => {
    const mixed = [...drafts(newProducer(), 1), ...drafts(newProducer(), 1)];
    await expect(chain.append(fixture.dataSource.manager, mixed, signer)).rejects.toMatchObject({
      code: 'ERR_ENVELOPE_SOURCE',
    });
    expect(await chain.append(fixture.dataSource.manager, [], signer)).toEqual([]);
  });
});
