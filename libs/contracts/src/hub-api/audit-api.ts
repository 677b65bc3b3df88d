import { z } from 'zod';
import type { HttpRoute } from '../http-route.js';
import { instant, partyUrn, producerSequence, sha256, uuid7 } from '../identifiers.js';
import { compactJws } from './compact-jws.js';

/** Most envelopes in one question. */
export const MAX_OPENINGS = 256;

/** Media type of a `.tlog-proof` and of a checkpoint, which are text. */
const TEXT = 'text/plain';
const BYTES = 'application/octet-stream';

const leafIndex = z.number().int().nonnegative().meta({ description: 'Place in the log, from 0' });

/** What the log commits to of one record; whoever has it and the salt can open the leaf. */
const logRecord = z.object({
  acceptedAt: instant.meta({ description: 'When the broker appended it' }),
  id: uuid7.optional(),
  messageHash: sha256,
  offset: z.string().regex(/^\d+$/),
  partition: z.number().int().nonnegative(),
  producer: partyUrn.optional(),
  producerSequence: producerSequence.optional(),
  topic: z.string(),
  type: z.string().optional(),
});

/** A leaf with the record that it stands for and the salt that shows it. */
export const openedLeaf = z.object({
  index: leafIndex,
  record: logRecord,
  salt: sha256.meta({ description: '32 bytes, base64url' }),
});
export type OpenedLeaf = z.infer<typeof openedLeaf>;

/** Envelopes that the caller holds: who knows id and hash of a signed envelope has it, since signatures cannot be guessed. */
const openingsQuestion = z.object({
  envelopes: z
    .array(z.object({ id: uuid7, sha256 }))
    .min(1)
    .max(MAX_OPENINGS),
});

const logName = z.string().meta({ description: 'Name of a log' });

/** In the order of the question. No leaves: not in the log yet, never there, with other bytes, or erased; that is not told apart. */
export const openingsAnswer = z.object({
  openings: z
    .array(
      z.object({
        id: uuid7,
        leaves: z.array(
          openedLeaf.extend({ origin: logName.optional().meta({ description: 'The log that holds it' }) }),
        ),
      }),
    )
    .max(MAX_OPENINGS),
});
export type OpeningsAnswer = z.infer<typeof openingsAnswer>;

/**
 * What the log finds wrong: offsets are missing (`OFFSET_GAP`), a partition has other records than were sequenced (`PARTITION_CHANGED`), an envelope id came
 * again with other bytes (`ID_REUSED`), numbers of a producer are missing for long (`SEQUENCE_GAP`), one came again with other bytes (`SEQUENCE_REUSED`), an
 * envelope names another one before it than there is (`CHAIN_FORKED`), a producer's clock is ahead (`CLOCK_SKEW`); too few witnesses cosign (`QUORUM_LOST`), one has seen more of the log than there is (`WITNESS_AHEAD`) or another history
 * (`WITNESS_FORK`); database, tiles and signer do not tell one history (`LOG_CONTRADICTS`).
 */
export const FINDING_KINDS = [
  'OFFSET_GAP',
  'PARTITION_CHANGED',
  'ID_REUSED',
  'SEQUENCE_GAP',
  'SEQUENCE_REUSED',
  'CHAIN_FORKED',
  'CLOCK_SKEW',
  'QUORUM_LOST',
  'WITNESS_AHEAD',
  'WITNESS_FORK',
  'LOG_CONTRADICTS',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** Most findings in one page. */
export const MAX_FINDING_PAGE = 200;

const findingId = z.string().regex(/^[1-9]\d{0,17}$/, 'must be the number of a finding');

/** Something that should not be, as an operator sees it: what kind and where, nothing of what a message says. */
const logFinding = z.object({
  id: findingId,
  kind: z
    .string()
    .regex(/^[A-Z_]+$/)
    .meta({ description: 'The operations guide explains each' }),
  foundAt: instant,
  record: z
    .object({ topic: z.string(), partition: z.number().int().nonnegative(), offset: z.string().regex(/^\d+$/) })
    .optional()
    .meta({ description: 'At which it was found' }),
  producer: partyUrn.optional().meta({ description: 'Whose numbers or clock it concerns' }),
  number: producerSequence
    .optional()
    .meta({ description: 'Of the producer: the first that is missing, or the one that it was found at' }),
  witness: z.string().optional().meta({ description: 'Name in the log policy' }),
});
export type LogFinding = z.infer<typeof logFinding>;

/** Findings in the order in which they were written down; `next` is there when more follow. */
export const findingPage = z.object({
  findings: z.array(logFinding).max(MAX_FINDING_PAGE),
  next: findingId.optional(),
});
export type FindingPage = z.infer<typeof findingPage>;

/** From when until before when; in UTC. */
export const statisticsPeriod = z.object({ from: instant, to: instant });
export type StatisticsPeriod = z.infer<typeof statisticsPeriod>;

/** Envelope of type `serai.audit.statistics.issued.v1`. */
export const issuedStatistics = z.object({ statement: compactJws });
export type IssuedStatistics = z.infer<typeof issuedStatistics>;

/** Most leaves in one page of the basis. */
export const MAX_BASIS_PAGE = 1_000;

/** Leaves in their order, all of them opened; those of `requests.events` with the event itself. */
export const basisPage = z.object({
  leaves: z.array(openedLeaf.extend({ event: compactJws.optional() })).max(MAX_BASIS_PAGE),
});
export type BasisPage = z.infer<typeof basisPage>;

/** A signed envelope of audit with the leaf that it has in a log. */
const loggedStatement = z.object({ envelope: compactJws, leaf: openedLeaf });
export type LoggedStatement = z.infer<typeof loggedStatement>;

/** Most logs of one hub: one a year, and one for each key that was lost. */
const MAX_EPOCHS = 1_000;

/** The logs of the hub, the newest first. What ties them together is in their leaves: the last of the one and the first of the other name each other. */
export const epochsAnswer = z.object({
  logs: z
    .array(
      z.object({
        origin: logName,
        opened: loggedStatement.optional().meta({ description: 'Its first leaf, where another log was before it' }),
        closed: loggedStatement.optional().meta({ description: 'Its last leaf, where it has ended' }),
      }),
    )
    .max(MAX_EPOCHS),
});
export type EpochsAnswer = z.infer<typeof epochsAnswer>;

/** How long leaves can be opened; those before `prunedTo` no longer can. Their proofs and those of all others stay good. */
const logRetention = z.object({
  origin: z.string(),
  retentionDays: z
    .number()
    .int()
    .optional()
    .meta({ description: 'Days after which what opens a leaf is destroyed; absent: never' }),
  prunedTo: leafIndex,
});
export type LogRetention = z.infer<typeof logRetention>;

const refusals = ['ERR_REQUEST_INVALID', 'ERR_LOG_RANGE'] as const;

const CALLER_ERRORS = [
  'ERR_CALLER_UNAUTHENTICATED',
  'ERR_CALLER_CLOCK',
  'ERR_CALLER_TOKEN_REPLAYED',
  'ERR_CALLER_SUSPENDED',
] as const;

const DATABASE_ERRORS = ['ERR_DATABASE_UNAVAILABLE', 'ERR_DATABASE_FULL'] as const;

const STATISTICS_ERRORS = [
  ...CALLER_ERRORS,
  'ERR_CALLER_NOT_ENTITLED',
  'ERR_REQUEST_INVALID',
  'ERR_BROKER_UNAVAILABLE',
  ...DATABASE_ERRORS,
] as const;

export const AUDIT_API = {
  openLeaves: {
    method: 'POST',
    path: '/v1/openings',
    summary: 'Opens the leaves of envelopes that the caller holds: record, salt and place in the log.',
    security: 'caller token',
    bodies: { 'application/json': openingsQuestion },
    answers: { 200: { description: 'What the log holds of them.', bodies: { 'application/json': openingsAnswer } } },
    errors: [...CALLER_ERRORS, 'ERR_REQUEST_INVALID', ...DATABASE_ERRORS],
  },
  readRetention: {
    method: 'GET',
    path: '/v1/retention',
    summary: 'The policy by which what opens leaves is destroyed, and how far it was.',
    security: 'caller token',
    answers: { 200: { description: 'The policy.', bodies: { 'application/json': logRetention } } },
    errors: [...CALLER_ERRORS, ...DATABASE_ERRORS],
  },
  listEpochs: {
    method: 'GET',
    path: '/v1/epochs',
    summary: 'The logs of this hub, the newest first, and how each begins and ends.',
    notes: 'Nothing of it needs to be believed: each statement is signed, and is a leaf of the log that it is about.',
    security: 'none',
    answers: { 200: { description: 'The logs.', bodies: { 'application/json': epochsAnswer } } },
    errors: DATABASE_ERRORS,
  },
  listFindings: {
    method: 'GET',
    path: '/v1/findings',
    summary: 'What the log found wrong, in the order in which it was found: which kind, and where.',
    security: 'operator token',
    query: z.object({
      after: findingId.optional(),
      kind: z.enum(FINDING_KINDS).optional(),
      limit: z.coerce.number().int().min(1).max(MAX_FINDING_PAGE).optional(),
    }),
    answers: { 200: { description: 'One page.', bodies: { 'application/json': findingPage } } },
    errors: [
      'ERR_CALLER_UNAUTHENTICATED',
      'ERR_CALLER_CLOCK',
      'ERR_CALLER_TOKEN_REPLAYED',
      'ERR_REQUEST_INVALID',
      'ERR_DATABASE_UNAVAILABLE',
      'ERR_DATABASE_FULL',
    ],
  },
  issueStatistics: {
    method: 'POST',
    path: '/v1/statistics',
    summary:
      'Statistics of a period, counted from the log and signed. The same period is answered with the same bytes.',
    notes:
      'For the Secretariat: a participant with a desk of that kind. Periods do not overlap, so no two tables can be taken from each other.',
    security: 'caller token',
    bodies: { 'application/json': statisticsPeriod },
    answers: { 200: { description: 'The statement.', bodies: { 'application/json': issuedStatistics } } },
    errors: [...STATISTICS_ERRORS, 'ERR_STATISTICS_PERIOD', 'ERR_EVIDENCE_PENDING'],
  },
  readStatisticsBasis: {
    method: 'GET',
    path: '/v1/statistics/basis',
    summary: 'What statistics are counted from: every leaf of the log, opened, with the events of requests.',
    notes: 'For the Secretariat. The root of the checkpoint follows from the leaves, so none of them can be left out.',
    security: 'caller token',
    query: z.object({ begin: z.coerce.number().int().nonnegative() }),
    answers: {
      200: { description: 'Leaves from `begin` on.', bodies: { 'application/json': basisPage } },
    },
    errors: [...STATISTICS_ERRORS, 'ERR_LOG_RANGE'],
  },
  readProof: {
    method: 'GET',
    path: '/v1/proofs/{index}',
    summary: 'That a leaf is in the log, under the checkpoint that is published now: a file of c2sp.org/tlog-proof.',
    notes: 'Anybody can make it from the tiles; leaves are blinded.',
    security: 'none',
    params: z.object({ index: z.coerce.number().int().nonnegative() }),
    query: z.object({
      origin: logName.optional().meta({ description: 'Of which log; of the one that grows unless given' }),
    }),
    answers: { 200: { description: 'The proof.', bodies: { [TEXT]: z.string() } } },
    errors: [...refusals, 'ERR_LOG_TILE'],
  },
  readCheckpoint: {
    method: 'GET',
    path: '/log/checkpoint',
    summary: 'The newest published checkpoint with its cosignatures: a signed note of c2sp.org/tlog-checkpoint.',
    security: 'none',
    answers: { 200: { description: 'The note.', bodies: { [TEXT]: z.string() } } },
    errors: ['ERR_LOG_RANGE'],
  },
  readTile: {
    method: 'GET',
    path: '/log/tile/{path}',
    summary: 'A tile or entry bundle of the log, at its path of c2sp.org/tlog-tiles.',
    security: 'none',
    params: z.object({ path: z.string().meta({ description: '`<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`' }) }),
    answers: { 200: { description: 'The bytes. They never change.', bodies: { [BYTES]: z.string() } } },
    errors: ['ERR_LOG_RANGE'],
  },
  readLogFile: {
    method: 'GET',
    path: '/logs/{origin}/{path}',
    summary: 'The same of any log of this hub, below its name: also of those that have ended.',
    security: 'none',
    params: z.object({
      origin: logName,
      path: z.string().meta({ description: '`checkpoint`, or `tile/` and the path of a tile' }),
    }),
    answers: { 200: { description: 'The bytes.', bodies: { [BYTES]: z.string() } } },
    errors: ['ERR_LOG_RANGE'],
  },
} as const satisfies Record<string, HttpRoute>;
