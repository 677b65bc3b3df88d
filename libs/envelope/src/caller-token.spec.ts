import { OPERATIONS_URN, serviceUrnOf } from '#libs/contracts';
import {
  type CallerPolicy,
  signCallerToken,
  signOperatorToken,
  verifyCallerToken,
  verifyOperatorToken,
} from './index.js';
import {
  GATEWAY,
  type Holder,
  IQ,
  NOW,
  newHolder,
  RS,
  rawJws,
  refusal,
  resolverOf,
  signedBy,
} from './parties.fixture.js';

const NOTIFICATIONS = serviceUrnOf('notifications');
const SECONDS = Math.floor(NOW.getTime() / 1000);

let rs: Holder;
let iq: Holder;

beforeAll(async () => {
  rs = await newHolder(RS);
  iq = await newHolder(IQ, 'ES256');
});

const token = (holder: Holder = rs, participant = holder.owner) =>
  signCallerToken({ participant, audience: GATEWAY, now: NOW }, holder.signer);
const policy = (altered: Partial<CallerPolicy> = {}): CallerPolicy => ({
  audience: GATEWAY,
  keys: resolverOf([rs, iq]),
  now: NOW,
  realm: 'production',
  ...altered,
});
const refused = (jwt: string, step?: string, altered: Partial<CallerPolicy> = {}) =>
  expect(verifyCallerToken(jwt, policy(altered))).rejects.toEqual(refusal('ERR_CALLER_UNAUTHENTICATED', step));
const claims = (altered: object = {}) => ({
  iss: RS,
  sub: RS,
  aud: GATEWAY,
  iat: SECONDS,
  exp: SECONDS + 60,
  jti: 'b1946ac92492d2347c6235b4d2611184',
  ...altered,
});
const withClaims = (altered: object, header: object = {}) =>
  rawJws(
    rs,
    { alg: 'Ed25519', kid: rs.signer.kid, typ: 'serai-caller+jwt', ...header },
    JSON.stringify(claims(altered)),
  );

const ofAnotherTime = (jwt: string, step: string, altered: Partial<CallerPolicy> = {}) =>
  expect(verifyCallerToken(jwt, policy(altered))).rejects.toEqual(refusal('ERR_CALLER_CLOCK', step));

describe(verifyCallerToken.name, () => {
  it('takes the token of a participant, with a new id each time', async () => {
    const callers = [];
    for (const holder of [rs, iq, rs]) callers.push(await verifyCallerToken(await token(holder), policy()));
    expect(callers.map(({ participant }) => participant)).toEqual([RS, IQ, RS]);
    expect(callers[0]!.expiresAt).toEqual(new Date((SECONDS + 60) * 1000));
    expect(new Set(callers.map(({ jti }) => jti)).size).toBe(3);
  });

  it('takes it until the second in which it expires, and from a clock that is a little ahead', async () => {
    const jwt = await token();
    const at = (seconds: number) => ({ now: new Date((SECONDS + seconds) * 1000) });
    await expect(verifyCallerToken(jwt, policy(at(59.9)))).resolves.toBeDefined();
    await expect(verifyCallerToken(jwt, policy(at(-10)))).resolves.toBeDefined();
    await ofAnotherTime(jwt, 'expired', at(60));
    await ofAnotherTime(jwt, 'expired', at(3600));
    await ofAnotherTime(jwt, 'not yet valid', at(-11));
  });

  it('says how wrong the clock is, to nobody but the owner of the key', async () => {
    const says = (seconds: number, sentence: string) =>
      expect(
        token().then((jwt) => verifyCallerToken(jwt, policy({ now: new Date((SECONDS + seconds) * 1000) }))),
      ).rejects.toMatchObject({
        code: 'ERR_CALLER_CLOCK',
        message: `By its token the caller's clock is ${sentence}. Set it, and send a fresh token.`,
      });
    await says(3600, '3600 s behind');
    await says(-3600, '3600 s ahead');
    const stranger = await newHolder(RS);
    await refused(await token(stranger), 'signature', { now: new Date((SECONDS + 3600) * 1000) });
  });

  it('refuses it at another service', async () => {
    await refused(await token(), 'audience', { audience: NOTIFICATIONS });
    await refused(await withClaims({ aud: [GATEWAY, NOTIFICATIONS] }), 'claims');
  });

  it('refuses it in another realm', async () => {
    await refused(await token(), 'realm', { realm: 'training' });
    const trainee = await newHolder(RS, 'Ed25519', 'training');
    await refused(await token(trainee), 'realm', { keys: resolverOf([trainee]) });
  });

  it('refuses one participant in the name of another, and two names', async () => {
    await refused(await token(rs, IQ), 'issuer');
    await refused(await withClaims({ sub: IQ }), 'issuer');
    await refused(await withClaims({ iss: IQ }), 'issuer');
  });

  it.each([
    ['61 seconds', { exp: SECONDS + 61 }, 'lifetime'],
    ['a day', { exp: SECONDS + 86_400 }, 'lifetime'],
    ['no time at all', { exp: SECONDS }, 'lifetime'],
    ['negative time', { exp: SECONDS - 1 }, 'lifetime'],
    ['no expiry', { exp: undefined }, 'claims'],
    ['no beginning', { iat: undefined }, 'claims'],
    ['fractions', { iat: SECONDS + 0.5 }, 'claims'],
    ['times in words', { exp: String(SECONDS + 60) }, 'claims'],
  ])('refuses a token for %s', async (_name, altered, step) => {
    await refused(await withClaims(altered), step);
  });

  it.each([
    ['no id', { jti: undefined }],
    ['a short id', { jti: '1' }],
    ['an unknown claim', { admin: true }],
    ['a service as caller', { iss: GATEWAY, sub: GATEWAY }],
    ['an empty issuer', { iss: '', sub: '' }],
  ])('refuses claims with %s', async (_name, altered) => {
    await refused(await withClaims(altered), 'claims');
  });

  it.each([
    ['another typ', { typ: 'JWT' }],
    ['an envelope’s typ', { typ: 'serai-envelope+jws' }],
    ['alg none', { alg: 'none' }],
    ['another alg', { alg: 'ES256' }],
    ['crit', { crit: ['exp'] }],
    ['an own key', { jwk: { kty: 'OKP' } }],
  ])('refuses a header with %s', async (_name, header) => {
    await expect(verifyCallerToken(await withClaims({}), policy())).resolves.toBeDefined();
    await refused(await withClaims({}, header), 'signature');
  });

  it('refuses envelopes, strangers, inactive keys, forgeries and rubbish alike', async () => {
    const stranger = await newHolder(RS);
    const [header, payload] = (await token()).split('.');
    const failures = [
      verifyCallerToken(await signedBy(rs), policy()),
      verifyCallerToken(await token(stranger), policy()),
      verifyCallerToken(await token(), policy({ keys: resolverOf([rs], NOW) })),
      verifyCallerToken(`${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`, policy()),
      verifyCallerToken('', policy()),
      verifyCallerToken('Bearer x', policy()),
      verifyCallerToken('.'.repeat(5000), policy()),
      verifyCallerToken(
        await rawJws(rs, { alg: 'Ed25519', kid: rs.signer.kid, typ: 'serai-caller+jwt' }, '{"iss":1,"iss":2}'),
        policy(),
      ),
    ];
    for (const failure of await Promise.allSettled(failures)) {
      expect(failure).toMatchObject({
        status: 'rejected',
        reason: { code: 'ERR_CALLER_UNAUTHENTICATED', message: 'Send a fresh token, signed with your registered key.' },
      });
    }
  });

  it('does not hide a failure of the resolver itself', async () => {
    const keys = () => {
      throw new TypeError('directory not loaded');
    };
    await expect(verifyCallerToken(await token(), policy({ keys }))).rejects.toThrow(TypeError);
  });
});

describe(verifyOperatorToken.name, () => {
  let operations: Holder;
  beforeAll(async () => {
    operations = await newHolder(OPERATIONS_URN);
  });
  const withOperators = (altered: Partial<CallerPolicy> = {}) =>
    policy({ keys: resolverOf([rs, operations]), ...altered });
  const refusedAsOperator = (jwt: string, step: string, altered: Partial<CallerPolicy> = {}) =>
    expect(verifyOperatorToken(jwt, withOperators(altered))).rejects.toEqual(
      refusal('ERR_CALLER_UNAUTHENTICATED', step),
    );

  it('takes the token of an operator and tells with which key', async () => {
    const operator = await verifyOperatorToken(
      await signOperatorToken(GATEWAY, NOW, operations.signer),
      withOperators(),
    );
    expect(operator.kid).toBe(operations.signer.kid);
  });

  it('refuses a participant, as itself and in the name of the operators', async () => {
    await refusedAsOperator(await token(rs), 'signature');
    await refusedAsOperator(await signOperatorToken(GATEWAY, NOW, rs.signer), 'issuer');
    await refusedAsOperator(await withClaims({}, { typ: 'serai-operator+jwt' }), 'claims');
  });

  it('refuses an operator at another service, too late, in another realm', async () => {
    const jwt = await signOperatorToken(GATEWAY, NOW, operations.signer);
    await refusedAsOperator(jwt, 'audience', { audience: NOTIFICATIONS });
    const late = withOperators({ now: new Date((SECONDS + 60) * 1000) });
    await expect(verifyOperatorToken(jwt, late)).rejects.toEqual(refusal('ERR_CALLER_CLOCK', 'expired'));
    await refusedAsOperator(jwt, 'realm', { realm: 'training' });
  });

  it('is no participant’s token', async () => {
    const jwt = await signOperatorToken(GATEWAY, NOW, operations.signer);
    await refused(jwt, 'signature', { keys: resolverOf([rs, operations]) });
  });
});
