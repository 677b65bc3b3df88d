import { v7 } from 'uuid';
import type { ContentOf, HeaderOf, MessageContract } from '#libs/contracts';
import { type ContentRecipient, encryptContent } from '#libs/envelope';
import type { DraftEvent } from '#libs/messaging';
import type { Identity } from '../identity.js';

/** A message about a leg that is to be signed, with the plaintext of its content for the vault. */
export interface Draft {
  readonly event: DraftEvent;
  readonly content?: unknown;
}

/** What a message is made of. */
export interface Composition<C extends MessageContract> {
  readonly contract: C;
  /** A fresh one unless given. */
  readonly envelopeId?: string;
  readonly legId: string;
  readonly header: HeaderOf<C>;
  readonly content?: ContentOf<C>;
  /** Keys of the recipient; none are needed where there is no content. */
  readonly encryptTo: readonly ContentRecipient[];
}

/** Makes the draft of a message: everything but its place in the chain and its signature. */
export async function compose<C extends MessageContract>(
  { participant, realm }: Pick<Identity, 'participant' | 'realm'>,
  { contract, envelopeId: id = v7(), legId, header, content, encryptTo }: Composition<C>,
): Promise<Draft> {
  const { type } = contract;
  const binding = { id, type, source: participant };
  const encrypted = content === undefined ? {} : { content: await encryptContent(content, binding, encryptTo) };
  const event: DraftEvent = {
    specversion: '1.0',
    id,
    source: participant,
    type,
    subject: legId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    realm,
    data: { header: header as Record<string, unknown>, ...encrypted },
  };
  return content === undefined ? { event } : { event, content };
}
