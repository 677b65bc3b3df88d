import type { NudgeContact } from '#libs/contracts';

/** How a contact is reached. */
export type ChannelKind = 'email';

/** Where a contact is reached. Never in logs, metrics or events. */
export interface ContactAddress {
  readonly kind: ChannelKind;
  readonly address: string;
}

/** The one address of a contact, which its schema makes sure of. */
export function addressOf({ name, email }: NudgeContact): ContactAddress {
  if (email !== undefined) return { kind: 'email', address: email };
  throw new TypeError(`The contact ${name} has no address.`);
}

/** The contact of a desk that has an address now, if it still has. */
export function contactAt(
  contacts: readonly NudgeContact[],
  { kind, address }: ContactAddress,
): NudgeContact | undefined {
  return contacts.find((contact) => {
    const known = addressOf(contact);
    return known.kind === kind && known.address === address;
  });
}
