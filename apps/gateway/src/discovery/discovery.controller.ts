import { Controller, Get, Inject } from '@nestjs/common';
import type { DiscoveryDocument } from '#libs/contracts';
import { MAX_BATCH_BYTES, MAX_ENVELOPE_BYTES, MAX_ENVELOPES_PER_BATCH } from '#libs/contracts';
import { HubDirectory, HubIdentity } from '#libs/hub';
import type { GatewayConfig } from '../config.js';
import { GATEWAY_CONFIG } from '../tokens.js';

/** Public: where the services of this hub are, what they take, and which directory this gateway knows. */
@Controller('.well-known/serai')
export class DiscoveryController {
  constructor(
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    private readonly identity: HubIdentity,
    private readonly directory: HubDirectory,
  ) {}

  @Get()
  discover(): DiscoveryDocument {
    const keys = this.identity.keystore.publicKeys().filter(({ use }) => use === 'sig');
    return {
      realm: this.identity.realm,
      ...this.config.addresses,
      algorithms: ['Ed25519', 'ES256'],
      limits: {
        envelopeBytes: MAX_ENVELOPE_BYTES,
        batchBytes: MAX_BATCH_BYTES,
        envelopesPerBatch: MAX_ENVELOPES_PER_BATCH,
      },
      keys: keys.map(({ kid }) => kid),
      directoryVersion: this.directory.current.version,
    };
  }
}
