import { v7 } from 'uuid';
import { CHAIRS, CHAIRS_NEEDED } from '#deploy/local';
import type { SeraiClient } from '#libs/client';
import { type DirectoryChange, participantUrnOf } from '#libs/contracts';
import { openKeystore } from '#libs/envelope';
import { eventually } from '#libs/testing';
import { signDirectoryChange } from '#libs/trust';
import { deskUrnOf } from './names.js';
import { madeUp } from './tokens.js';
import type { World } from './world.js';

/** Has the chairs open a desk of the Secretariat for a country, since nobody else is there to be it; resolves to its officer. */
export async function openSecretariat(world: World, participant: string): Promise<SeraiClient> {
  const officer = await madeUp(world, { participant, roles: ['SECRETARIAT'], desks: ['ncc'] });
  const urn = participantUrnOf(participant);
  const [place] = await officer.desks({ participant: urn });
  const { desk: _other, ...like } = place!;
  const change: DirectoryChange = {
    id: v7(),
    realm: 'production',
    effectiveFrom: new Date().toISOString(),
    kind: 'desk-opened',
    desk: { ...like, id: deskUrnOf(participant, 'office'), kind: 'SECRETARIAT', name: 'Secretariat (synthetic)' },
  };
  await carryOut(world, officer, change);
  return officer;
}

/** Has the chairs sign a change, and waits until the access point of this officer knows it. */
export async function carryOut(world: World, officer: SeraiClient, change: DirectoryChange): Promise<void> {
  const signers = CHAIRS.slice(0, CHAIRS_NEEDED).map(async (chair) => {
    const { path, passphrase } = world.constellation.founding.keystore(chair);
    return (await openKeystore(path, passphrase)).signer();
  });
  await officer.submitDirectoryChanges({ changes: [await signDirectoryChange(change, await Promise.all(signers))] });
  await eventually(async () => {
    const stood = (await officer.directoryProposals()).find(({ changeId }) => changeId === change.id);
    expect(stood?.state).toBe('ACCEPTED');
  });
}
