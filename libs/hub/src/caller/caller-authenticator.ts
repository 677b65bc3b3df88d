import { Injectable } from '@nestjs/common';
import { OPERATIONS_URN } from '#libs/contracts';
import { type Caller, type CallerPolicy, type Operator, verifyCallerToken, verifyOperatorToken } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { HubDirectory } from '../directory/hub-directory.js';
import { HubIdentity } from '../hub-identity.js';
import { SpentTokens } from './spent-tokens.js';

/** Finds out which participant calls. A token is good for this service, its minute, and one call: whoever overhears it has nothing. */
@Injectable()
export class CallerAuthenticator {
  constructor(
    private readonly directory: HubDirectory,
    private readonly identity: HubIdentity,
    private readonly spent: SpentTokens,
  ) {}

  /**
   * @param authorization the header as it came
   * @throws SeraiError `ERR_CALLER_UNAUTHENTICATED`, `ERR_CALLER_TOKEN_REPLAYED`; `ERR_UPSTREAM_UNAVAILABLE` while the directory is not there to
   *   tell, `ERR_DATABASE_UNAVAILABLE`
   */
  async authenticate(authorization: string | undefined): Promise<Caller> {
    const caller = await this.identify(authorization);
    await this.spent.spend(caller);
    return caller;
  }

  /**
   * The first half of {@link authenticate}: whose token it is, without a look at the database. Spend it by {@link SPEND_TOKEN} before anything comes of the call.
   *
   * @throws SeraiError `ERR_CALLER_UNAUTHENTICATED`, `ERR_CALLER_SUSPENDED`, `ERR_UPSTREAM_UNAVAILABLE`
   */
  async identify(authorization: string | undefined): Promise<Caller> {
    const policy = this.policy();
    const { current } = this.directory;
    const keys = current.keyResolver({ suspended: true });
    const caller = await verifyCallerToken(this.tokenOf(authorization), { ...policy, keys });
    // Who is suspended proves first who it is: nobody else is told.
    if (!current.isSuspended(caller.participant, policy.now)) return caller;
    const message = 'You are suspended. What waits for you is kept until you are readmitted.';
    throw new SeraiError('ERR_CALLER_SUSPENDED', message, { detail: { participant: caller.participant } });
  }

  /** The same for an operator of the hub; a participant is none. */
  async authenticateOperator(authorization: string | undefined): Promise<Operator> {
    const operator = await verifyOperatorToken(this.tokenOf(authorization), this.policy());
    await this.spent.spend({ ...operator, participant: OPERATIONS_URN });
    return operator;
  }

  private tokenOf(authorization: string | undefined): string {
    this.directory.assertUsable();
    const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '') ?? [];
    if (token !== undefined) return token;
    throw new SeraiError('ERR_CALLER_UNAUTHENTICATED', 'Send a fresh token, signed with your registered key.', {
      detail: { step: 'header' },
    });
  }

  private policy(): CallerPolicy {
    const { urn: audience, realm } = this.identity;
    return { audience, keys: this.directory.current.keyResolver(), now: new Date(), realm };
  }
}
