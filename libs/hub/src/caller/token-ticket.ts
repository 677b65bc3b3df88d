import { hash } from 'node:crypto';
import type { Caller } from '#libs/envelope';
import { SeraiError } from '#libs/errors';

/** How far the clocks of two instances may be apart: a token that is forgotten here must have ended there too. */
const CLOCK_MARGIN_MS = 300_000;

/** What is remembered of a token that was spent. */
export interface TokenTicket {
  readonly token: Buffer;
  readonly forgetAt: Date;
}

/**
 * Of a WITH list whose first two parameters are `token` and `forgetAt` of a {@link TokenTicket}: spends the token. Its part `spent` has one row, or none when the
 * token was spent before; of two calls at once, at whichever instances, one waits for the other's commit.
 */
export const SPEND_TOKEN =
  'spent as (insert into spent_token (token, forget_at) values ($1, $2) on conflict do nothing returning 1)';

export function ticketOf({ participant, jti, expiresAt }: Caller): TokenTicket {
  const token = hash('sha256', `${participant}\n${jti}`, 'buffer');
  return { token, forgetAt: new Date(expiresAt.getTime() + CLOCK_MARGIN_MS) };
}

export function tokenReplayed({ participant, jti }: Caller): SeraiError {
  return new SeraiError(
    'ERR_CALLER_TOKEN_REPLAYED',
    'This token was used before. Sign a fresh one for every call; if you do, somebody reads yours.',
    { detail: { participant, jti } },
  );
}
