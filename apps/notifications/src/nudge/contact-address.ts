import type { NudgeContact } from '#libs/contracts';

/** How a contact is reached. */
export type ChannelKind = 'email' | 'webhook';

/** Where a contact is reached. Never in logs, metrics or events. */
export interface ContactAddress {
  readonly kind: ChannelKind;
  readonly address: string;
}

/** Every address of a contact; its schema makes sure of one. */
export function addressesOf({ email, webhook }: NudgeContact): ContactAddress[] {
  return [
    ...(email === undefined ? [] : [{ kind: 'email', address: email } as const]),
    ...(webhook === undefined ? [] : [{ kind: 'webhook', address: webhook } as const]),
  ];
}

/** The contact of a desk that has an address now, if it still has. */
export function contactAt(
  contacts: readonly NudgeContact[],
  { kind, address }: ContactAddress,
): NudgeContact | undefined {
  return contacts.find((contact) =>
    addressesOf(contact).some((known) => known.kind === kind && known.address === address),
  );
}
