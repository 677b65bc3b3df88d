import { z } from 'zod';
import { audience } from '../cloud-event.js';
import { instant, sha256, uuid7 } from '../identifiers.js';
import { defineMessage } from '../message-contract.js';
import { problem } from '../problem.js';

const channel = 'gateway.answers' as const;

export const gatewayReceipt = defineMessage({
  type: 'serai.gateway.envelope.received.v1',
  channel,
  summary: 'Receipt: the envelope is durable at the hub. Given only after the broker has acknowledged.',
  header: z.object({ audience, envelope: z.object({ id: uuid7, type: z.string(), sha256 }), receivedAt: instant }),
});

export const gatewayRefusal = defineMessage({
  type: 'serai.gateway.envelope.refused.v1',
  channel,
  summary: 'Signed refusal of the gateway. `sha256` is that of the received bytes, whatever they were.',
  header: z.object({ audience, sha256, refusedAt: instant, problem }),
});

export const GATEWAY_ANSWERS = [gatewayReceipt, gatewayRefusal] as const;
