import { Injectable } from '@nestjs/common';
import type { ChannelKind, ContactAddress } from './contact-address.js';

/** What a nudge says: how much waits. Nothing about whom, from whom or what. */
export interface Nudge {
  /** Stays the same when the nudge is sent again. */
  readonly id: string;
  readonly urgent: number;
  readonly others: number;
}

/**
 * What became of one attempt. `target`: this address failed, and is given up when it goes on; `way`: the failure is not the address's, so it is only tried
 * again. `reason` is a fixed sentence without any address.
 */
export type Sent =
  | { readonly ok: true }
  | { readonly ok: false; readonly blame: 'target' | 'way'; readonly gone?: boolean; readonly reason: string };

/** One way to reach contacts. */
export interface NudgeChannel {
  readonly kind: ChannelKind;
  /** Why this hub would not send there, in a sentence without the address. */
  refusalOf(address: string): string | undefined;
  /** Never throws; takes at most its own timeouts. */
  send(address: string, nudge: Nudge): Promise<Sent>;
  close(): void;
}

/** The ways that this hub has. */
@Injectable()
export class Channels {
  private readonly byKind: ReadonlyMap<ChannelKind, NudgeChannel>;

  constructor(channels: readonly NudgeChannel[]) {
    this.byKind = new Map(channels.map((channel) => [channel.kind, channel]));
  }

  /** Why this hub would not send there, in a sentence without the address. */
  refusalOf({ kind, address }: ContactAddress): string | undefined {
    const channel = this.byKind.get(kind);
    return channel === undefined ? `This hub sends no ${kind}.` : channel.refusalOf(address);
  }

  async send({ kind, address }: ContactAddress, nudge: Nudge): Promise<Sent> {
    const channel = this.byKind.get(kind);
    if (channel === undefined) return { ok: false, blame: 'way', reason: `This hub sends no ${kind} at present.` };
    return channel.send(address, nudge);
  }

  onModuleDestroy(): void {
    for (const channel of this.byKind.values()) channel.close();
  }
}
