import { generateKeyPairSync } from 'node:crypto';
import { parsePolicy, SIGNATURE_TYPE, serialiseVerifierKey, signerKey } from '#libs/transparency-log';
import { policyAt } from './held-policy.js';

const ORIGIN = 'hub.example/audit/2026';
const NOW = new Date('2026-11-23T00:00:00Z');

const vkey = (name: string, type: number) =>
  serialiseVerifierKey(signerKey(name, type, generateKeyPairSync('ed25519').privateKey).key);
const cosigner = (name: string) => vkey(`${name}.witness`, SIGNATURE_TYPE.COSIGNATURE_V1);

function directoryWith(...texts: string[]) {
  const policies = texts.map((text) => ({ effectiveFrom: '', text, policy: parsePolicy(Buffer.from(text)) }));
  return { logPolicyAt: (at: Date) => (at >= NOW ? policies.at(-1) : undefined), logPolicies: () => policies };
}

describe(policyAt.name, () => {
  const text = [
    `log ${vkey('hub.example/audit/2025', SIGNATURE_TYPE.ED25519)}`,
    `log ${vkey(ORIGIN, SIGNATURE_TYPE.ED25519)}`,
    `witness rs ${cosigner('rs')} https://rs.example/`,
    `witness iq ${cosigner('iq')} https://iq.example`,
    `witness bg ${cosigner('bg')}`,
    'group all 3 rs iq bg\nquorum all\n',
  ].join('\n');

  it('gives the keys of this log alone, and where each witness is', () => {
    const held = policyAt(directoryWith(text), NOW, ORIGIN, new Map([['iq', 'http://127.0.0.1:1']]));
    expect(held?.logs.map(({ name }) => name)).toEqual([ORIGIN]);
    expect(held?.witnesses.map(({ name, url }) => [name, url])).toEqual([
      ['rs', 'https://rs.example'],
      ['iq', 'http://127.0.0.1:1'],
      ['bg', undefined],
    ]);
  });

  it('remembers the keys that earlier policies named', () => {
    const [other] = [vkey(ORIGIN, SIGNATURE_TYPE.ED25519)];
    const next = text.replace(/log hub.example\/audit\/2026.*/, `log ${other}`);
    const held = policyAt(directoryWith(text, next), NOW, ORIGIN, new Map());
    expect(held?.logs.map(serialiseVerifierKey)).toEqual([other]);
    expect(held?.everLogs.map(({ name }) => name)).toEqual([ORIGIN, ORIGIN]);
    expect(held?.everLogs.map(serialiseVerifierKey)).toContain(other);
  });

  it('gives none before one holds', () => {
    expect(policyAt(directoryWith(text), new Date(NOW.getTime() - 1), ORIGIN, new Map())).toBeUndefined();
    expect(policyAt(directoryWith(), NOW, ORIGIN, new Map())).toBeUndefined();
  });

  it('refuses one of other logs, and says what to set', () => {
    expect(() => policyAt(directoryWith(text), NOW, 'hub.example/audit/2027', new Map())).toThrow(
      /SERAI_AUDIT_ORIGIN is hub.example\/audit\/2027, and the log policy of the directory names hub.example\/audit\/2025, hub.example\/audit\/2026/,
    );
  });
});
