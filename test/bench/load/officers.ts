import { passwordLogin, SeraiClient } from '#libs/client';
import { participantUrnOf } from '#libs/contracts';
import type { LoadSettings } from './protocol.js';

/** The officer who asks, and the one in whose inbox the questions arrive. */
export interface Officers {
  readonly sender: SeraiClient;
  readonly recipient: SeraiClient;
}

/** Logs both in anew: a stream of live events ends with its token, and none shall end while it is measured. */
export function logInOfficers({ issuer, password, accessPoints }: LoadSettings): Officers {
  const officer = (id: 'rs' | 'iq', post: string, desk: string): SeraiClient =>
    new SeraiClient({
      baseUrl: accessPoints[id],
      token: passwordLogin({ issuer, participant: participantUrnOf(id) }, `${id}.${post}`, password),
      desk: `urn:serai:desk:${id}:${desk}`,
      purpose: 'INVESTIGATION',
    });
  return { sender: officer('rs', 'liaison', 'liaison'), recipient: officer('iq', 'duty', 'ncc') };
}
