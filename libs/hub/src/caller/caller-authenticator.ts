import { Injectable } from '@nestjs/common';
import { type Caller, verifyCallerToken } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { HubDirectory } from '../directory/hub-directory.js';
import { HubIdentity } from '../hub-identity.js';

/**
 * Finds out which participant calls. A token is good for this service and its minute, for as many calls as the caller likes: it travels
 * inside TLS, and what it opens is either signed itself (envelopes) or the caller's own (feed, directory).
 */
@Injectable()
export class CallerAuthenticator {
  constructor(
    private readonly directory: HubDirectory,
    private readonly identity: HubIdentity,
  ) {}

  /**
   * @param authorization the header as it came
   * @throws SeraiError `ERR_CALLER_UNAUTHENTICATED`; `ERR_UPSTREAM_UNAVAILABLE` while the directory is not there to tell
   */
  async authenticate(authorization: string | undefined): Promise<Caller> {
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
}
