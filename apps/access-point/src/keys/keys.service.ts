import { Injectable } from '@nestjs/common';
import type { KeyView, ProposedChanges } from '#libs/contracts';
import type { KeyStanding } from '#libs/trust';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Idempotency } from '../idempotency/idempotency.service.js';
import { Identity } from '../identity.js';
import { notFound } from '../leg/leg.reader.js';
import type { Call } from '../officer/call.js';
import type { Page } from '../paging/cursor.js';
import { insertProposals } from '../proposal/proposal.repository.js';
import { endOfKey, keyView, rotation } from './key-changes.js';

/** This participant's keys: what is known of them, and proposals to change them. */
@Injectable()
export class Keys {
  constructor(
    private readonly identity: Identity,
    private readonly community: CommunityDirectory,
    private readonly idempotency: Idempotency,
  ) {}

  list(): Page<KeyView> {
    const { participant, keystore } = this.identity;
    const now = new Date();
    const signing = keystore.signer().kid;
    const standings = this.community.current.keysOf(participant);
    const registered = standings.map((standing) => {
      const { kid } = standing.key;
      return keyView(standing.key, { standing, held: this.identity.holds(kid), signing: kid === signing, now });
    });
    const known = new Set(registered.map(({ kid }) => kid));
    const unregistered = keystore.publicKeys().filter(({ kid }) => !known.has(kid));
    const views = unregistered.map((key) => keyView(key, { held: true, signing: key.kid === signing, now }));
    return { entries: [...registered, ...views] };
  }

  /** The new private key is in the keystore before its registration is proposed; a repeated call proposes the same. */
  rotate(call: Call<'rotateKey'>): Promise<ProposedChanges> {
    return this.idempotency.once(call, async (tx) => {
      const { use, overlapHours } = call.body;
      const from = new Date(call.body.from ?? Date.now());
      const { current } = this.community;
      const { participant } = this.identity;
      const active =
        use === 'sig' ? current.signingKeysOf(participant, from) : current.encryptionKeysOf(participant, from);
      // What an earlier rotation ends is left to end then.
      const before = active.filter((key) => current.keysOf(participant).some((each) => isEndless(each, key.kid)));
      const key = await this.identity.addKey(use);
      const changes = rotation(this.identity, key, { from, overlapHours, before });
      await insertProposals(tx, changes, call.officer);
      return { changes };
    });
  }

  end(call: Call<'endKey'>): Promise<ProposedChanges> {
    const { kid } = call.params;
    if (this.community.current.registeredKey(kid)?.owner !== this.identity.participant) throw notFound();
    return this.idempotency.once(call, async (tx) => {
      const from = new Date(call.body.from ?? Date.now());
      const changes = [endOfKey(this.identity.realm, kid, call.body.status, from)];
      await insertProposals(tx, changes, call.officer);
      return { changes };
    });
  }
}

const isEndless = ({ key, ends }: KeyStanding, kid: string): boolean => key.kid === kid && ends.length === 0;
