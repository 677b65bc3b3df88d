import { z } from 'zod';
import { keyId } from '../identifiers.js';
import { directoryProposalList, keyEnd, keyList, newKey, proposedChanges, signedChanges } from './keys.js';
import type { ApiOperation } from './operation.js';

const SECOND_PERSON = 'Somebody else than who proposed a change hands it in, once the chairs have signed it.';

const common = { context: false, mediaType: 'application/json' } as const;
const read = { ...common, method: 'GET', idempotent: false, status: 200 } as const;
const act = { ...common, method: 'POST', idempotent: true } as const;

/** Operations about the participant's own keys, and changes of the directory that this access point hands in. */
export const KEY_OPERATIONS = {
  listKeys: {
    ...read,
    path: '/v1/keys',
    summary: "This participant's keys: what the directory says of each, and whether this access point holds it.",
    roles: ['NCC_SUPERVISOR', 'SECURITY_OFFICER', 'AUDITOR'],
    response: keyList,
    errors: [],
  },
  rotateKey: {
    ...act,
    path: '/v1/keys',
    summary: 'Makes a key in the keystore, and proposes to register it and to retire the ones before it.',
    roles: ['SECURITY_OFFICER'],
    rolesNote: SECOND_PERSON,
    body: newKey,
    status: 201,
    response: proposedChanges,
    errors: ['ERR_REQUEST_IDEMPOTENCY_CONFLICT'],
  },
  endKey: {
    ...act,
    path: '/v1/keys/{kid}/end',
    summary: 'Proposes to retire a key of this participant, or to report it as compromised, from an instant on.',
    roles: ['NCC_SUPERVISOR', 'SECURITY_OFFICER'],
    rolesNote: SECOND_PERSON,
    params: z.object({ kid: keyId }),
    body: keyEnd,
    status: 201,
    response: proposedChanges,
    errors: ['ERR_REQUEST_NOT_FOUND', 'ERR_REQUEST_IDEMPOTENCY_CONFLICT'],
  },
  submitDirectoryChanges: {
    ...act,
    path: '/v1/directory/proposals',
    summary: 'Hands in changes of the directory that carry their signatures.',
    roles: ['NCC_SUPERVISOR', 'SECRETARIAT', 'SECURITY_OFFICER'],
    rolesNote: `NCC_SUPERVISOR and SECURITY_OFFICER: key changes that were proposed here. ${SECOND_PERSON} SECRETARIAT: every change.`,
    body: signedChanges,
    status: 202,
    response: directoryProposalList,
    errors: [
      'ERR_OFFICER_NEEDS_SECOND_PERSON',
      'ERR_REQUEST_IDEMPOTENCY_CONFLICT',
      'ERR_DIRECTORY_MALFORMED',
      'ERR_DIRECTORY_CONFLICT',
      'ERR_ENVELOPE_REALM',
      'ERR_TRUST_THRESHOLD',
      'ERR_TRUST_KEY_INVALID',
    ],
  },
  listDirectoryProposals: {
    ...read,
    path: '/v1/directory/proposals',
    summary: 'The newest changes that were proposed or handed in here, and where they stand.',
    roles: ['NCC_SUPERVISOR', 'SECRETARIAT', 'SECURITY_OFFICER', 'AUDITOR'],
    response: directoryProposalList,
    errors: [],
  },
} as const satisfies Record<string, ApiOperation>;
