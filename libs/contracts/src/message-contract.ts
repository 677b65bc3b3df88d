import { z } from 'zod';
import { cloudEventAttributes, encryptedContent, producerChain } from './cloud-event.js';
import { sha256 } from './identifiers.js';

/** Where a message type travels: on a topic, or as the answer to one HTTP call. */
export type Channel =
  | 'requests.submissions'
  | 'requests.events'
  | 'directory.submissions'
  | 'directory.events'
  | 'notifications.submissions'
  | 'notifications.events'
  | 'access.records'
  | 'audit.progress'
  | 'audit.epochs'
  | 'gateway.answers'
  | 'directory.answers'
  | 'audit.answers';

/** Everything that is known about one message type. */
export interface MessageContract<Header extends z.ZodType = z.ZodType, Content extends z.ZodType = z.ZodType> {
  /** `serai.<domain>.<aggregate>.<past-participle>.v<major>` */
  readonly type: string;
  readonly channel: Channel;
  /** One sentence for the reference. */
  readonly summary: string;
  /** Clear header: what the hub's rules need, and nothing else. */
  readonly header: Header;
  /** Plaintext of the encrypted content; absent where the type carries none. */
  readonly content?: Content;
  readonly contentPresence: 'required' | 'optional' | 'none';
  /** The whole CloudEvent as it is signed. */
  readonly event: z.ZodType;
}

/** A contract as its author writes it; {@link defineMessage} adds the schema of the whole event. */
type Definition<Header extends z.ZodType, Content extends z.ZodType> = Omit<
  MessageContract<Header, Content>,
  'event' | 'contentPresence'
> & { readonly contentPresence?: 'required' | 'optional' };

/** The member `content` of a type's data. */
const CONTENT_MEMBER = {
  required: { content: encryptedContent },
  optional: { content: encryptedContent.optional() },
  none: {},
};

/** What participants say of themselves; nothing that the hub keeps has caused it. */
function isSubmitted(channel: Channel): boolean {
  return channel.endsWith('.submissions') || channel === 'access.records';
}

/** Answers to one call, and what the log says of itself, have no place in their producer's chain. */
function isChained(channel: Channel): boolean {
  return !channel.endsWith('.answers') && !channel.startsWith('audit.');
}

/** Completes a contract: the event schema follows from header, content and channel. */
export function defineMessage<Header extends z.ZodType, Content extends z.ZodType = z.ZodNever>(
  definition: Definition<Header, Content>,
): MessageContract<Header, Content> {
  const contentPresence = definition.content ? (definition.contentPresence ?? 'required') : 'none';
  const data = z.object({
    header: definition.header,
    ...CONTENT_MEMBER[contentPresence],
    ...(isSubmitted(definition.channel) ? {} : { cause: sha256.optional() }),
  });
  const attributes = isChained(definition.channel)
    ? cloudEventAttributes.extend(producerChain.shape)
    : cloudEventAttributes;
  const event = attributes.extend({ type: z.literal(definition.type), data });
  return { ...definition, contentPresence, event };
}

/** The clear header of a contract's messages. */
export type HeaderOf<C extends MessageContract> = z.output<C['header']>;

/** The decrypted content of a contract's messages. */
export type ContentOf<C> = C extends MessageContract<z.ZodType, infer Content> ? z.output<Content> : never;
