import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { importJWK, type JWK, SignJWT } from 'jose';
import { SeraiClient } from '#libs/client';
import { type OfficerRole, participantUrnOf } from '#libs/contracts';
import { deskUrnOf } from './names.js';
import type { World } from './world.js';

/** An officer whom the identity provider could have logged in: the seeded ones do not have every role. */
export interface MadeUpOfficer {
  readonly participant: string;
  readonly roles: readonly OfficerRole[];
  /** Names of desks of the participant. */
  readonly desks: readonly string[];
  readonly pseudonym?: string;
  /** URN that the token is for; the own participant unless given. */
  readonly audience?: string;
}

/** A token signed with the identity provider's own key. */
async function mintToken(world: World, officer: MadeUpOfficer): Promise<string> {
  const { signingKey } = JSON.parse(readFileSync(world.constellation.founding.accounts, 'utf8')) as { signingKey: JWK };
  const { participant, roles, desks, pseudonym = 'o-5a5a5a5a5a5a5a5a' } = officer;
  const jwks = (await (await fetch(new URL('/oidc/jwks', world.community.issuer))).json()) as { keys: JWK[] };
  const claims = {
    name: 'Nobody Atall',
    serai_participant: participantUrnOf(participant),
    serai_pseudonym: pseudonym,
    serai_roles: roles,
    serai_desks: desks.map((desk) => deskUrnOf(participant, desk)),
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: jwks.keys[0]?.kid })
    .setIssuer(world.community.issuer)
    .setAudience(officer.audience ?? participantUrnOf(participant))
    .setSubject(pseudonym)
    .setIssuedAt()
    .setExpirationTime('5 minutes')
    .sign(await importJWK(signingKey, 'ES256'));
}

const accessPointOf = ({ community }: World, participant: string): string =>
  community.participants.find(({ id }) => id === participant)?.accessPoint ?? '';

/** The made-up officer's client of the access point of `at`, their own participant unless given. */
export async function madeUp(world: World, officer: MadeUpOfficer, at = officer.participant): Promise<SeraiClient> {
  const token = await mintToken(world, officer);
  return new SeraiClient({
    baseUrl: accessPointOf(world, at),
    token: async () => token,
    desk: officer.desks[0] && deskUrnOf(officer.participant, officer.desks[0]),
    purpose: 'INVESTIGATION',
  });
}

/** Makes plain HTTP calls as a made-up officer; answers with the code of the refusal, or undefined when there was none. */
export async function callerOf(
  world: World,
  officer: MadeUpOfficer,
): Promise<(method: string, path: string, body?: unknown) => Promise<string | undefined>> {
  const headers = {
    authorization: `Bearer ${await mintToken(world, officer)}`,
    'content-type': 'application/json',
    'serai-desk': deskUrnOf(officer.participant, officer.desks[0] ?? ''),
    'serai-purpose': 'INVESTIGATION',
  };
  return async (method, path, body) => {
    const init = { method, headers: { ...headers, 'idempotency-key': randomUUID() } };
    const url = new URL(path, accessPointOf(world, officer.participant));
    const response = await fetch(url, body === undefined ? withoutBody(init) : { ...init, body: JSON.stringify(body) });
    if (response.ok) {
      await response.body?.cancel();
      return undefined;
    }
    // An answer to HEAD has no body.
    if (method === 'HEAD') return response.status === 403 ? 'ERR_OFFICER_FORBIDDEN' : 'ERR_REQUEST_NOT_FOUND';
    return ((await response.json()) as { code: string }).code;
  };
}

function withoutBody({ method, headers }: { method: string; headers: Record<string, string> }): RequestInit {
  const { 'content-type': _none, ...rest } = headers;
  return { method, headers: rest };
}
