import { Injectable } from '@nestjs/common';
import { type Caller, verifyCallerToken } from '#libs/envelope';
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
    await this.spend(caller);
    return caller;
  }

  /**
   * The first half of {@link authenticate}: whose token it is, without a look at the database. {@link spend} it before anything comes of the call.
   *
   * @throws SeraiError `ERR_CALLER_UNAUTHENTICATED`, `ERR_UPSTREAM_UNAVAILABLE`
   */
  async identify(authorization: string | undefined): Promise<Caller> {
    this.directory.assertUsable();
    const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '') ?? [];
    if (token === undefined) {
      throw new SeraiError('ERR_CALLER_UNAUTHENTICATED', 'Send a fresh token, signed with your registered key.', {
        detail: { step: 'header' },
      });
    }
    return verifyCallerToken(token, {
      audience: this.identity.urn,
      keys: this.directory.current.keyResolver(),
      now: new Date(),
      realm: this.identity.realm,
    });
  }

  /** @throws SeraiError `ERR_CALLER_TOKEN_REPLAYED`, `ERR_DATABASE_UNAVAILABLE` */
  spend(caller: Caller): Promise<void> {
    return this.spent.spend(caller);
  }
}
