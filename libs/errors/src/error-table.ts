/**
 * What a consumer does with a record whose handling ended in this error:
 * `retry` the same record later, `refuse` it with a signed answer, `park` its bytes, `ignore` it, or stop the process (`fatal`).
 */
export type Disposition = 'retry' | 'refuse' | 'park' | 'ignore' | 'fatal';

/** One row of the error table. */
export interface ErrorRow {
  /** HTTP status of the problem document. */
  readonly status: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly disposition: Disposition;
  /** One sentence for the generated reference: when it happens and what to do. */
  readonly title: string;
}

const row = (status: number, logLevel: ErrorRow['logLevel'], disposition: Disposition, title: string): ErrorRow => ({
  status,
  logLevel,
  disposition,
  title,
});

/** Every error code of the project. Codes are never renamed or reused. */
export const ERROR_TABLE = {
  // Envelopes. A failed signature has one public reason; the exact step is in the log.
  ERR_ENVELOPE_TOO_LARGE: row(
    413,
    'warn',
    'park',
    'The envelope exceeds the size limit. Send less, or use attachments.',
  ),
  ERR_ENVELOPE_MALFORMED: row(400, 'warn', 'park', 'The bytes are not a compact JWS in canonical form.'),
  ERR_ENVELOPE_ALGORITHM: row(400, 'warn', 'park', 'Only Ed25519 and ES256 signatures are accepted.'),
  ERR_ENVELOPE_HEADER: row(
    400,
    'warn',
    'park',
    'The protected header has a wrong typ, an unknown crit or a forbidden member.',
  ),
  ERR_ENVELOPE_SIGNATURE: row(
    401,
    'warn',
    'park',
    'The signature could not be verified with an active key of the sender.',
  ),
  ERR_ENVELOPE_REALM: row(403, 'warn', 'park', 'The envelope or its key belongs to another realm.'),
  ERR_ENVELOPE_SOURCE: row(
    403,
    'warn',
    'park',
    'The envelope names another source than the owner of its key or the caller.',
  ),
  ERR_ENVELOPE_CHANNEL: row(403, 'warn', 'park', 'This message type does not travel on this channel.'),
  ERR_ENVELOPE_AUDIENCE: row(403, 'warn', 'park', 'The envelope is addressed to somebody else.'),
  ERR_ENVELOPE_SCHEMA: row(422, 'warn', 'park', 'The payload does not match the schema of its type.'),
  ERR_ENVELOPE_CAUSE: row(422, 'warn', 'park', 'The causing envelope is missing or does not have the named hash.'),
  ERR_ENVELOPE_UNDECRYPTABLE: row(
    422,
    'warn',
    'park',
    'The content could not be decrypted with any key of this recipient.',
  ),
  ERR_ENVELOPE_CONFLICT: row(409, 'error', 'park', 'This id or producer number was used before with other bytes.'),

  // Callers and keys.
  ERR_CALLER_UNAUTHENTICATED: row(
    401,
    'info',
    'refuse',
    'The caller token is missing, expired or not signed by a registered key.',
  ),
  ERR_CALLER_CLOCK: row(
    401,
    'info',
    'refuse',
    'The caller token is of another time than here. Set the clock of the machine that signed it, then sign a fresh one.',
  ),
  ERR_CALLER_SUSPENDED: row(
    403,
    'info',
    'refuse',
    'The participant is suspended; nothing of it is taken or handed out.',
  ),
  ERR_CALLER_NOT_ENTITLED: row(403, 'warn', 'refuse', 'The participant is not one that may ask for this.'),
  ERR_CALLER_TOKEN_REPLAYED: row(401, 'warn', 'refuse', 'The caller token was used before. Sign one for every call.'),
  ERR_TRAFFIC_TOO_FAST: row(429, 'info', 'retry', 'The caller calls too often; Retry-After says when to come again.'),
  ERR_TRAFFIC_QUOTA_SPENT: row(
    429,
    'warn',
    'retry',
    'The quota of the day is spent; Retry-After says when the next begins.',
  ),
  ERR_TRUST_UNKNOWN_KEY: row(401, 'warn', 'park', 'No registered key has this key id.'),
  ERR_TRUST_KEY_INACTIVE: row(401, 'warn', 'park', 'The key was not active at that time.'),
  ERR_TRUST_KEY_INVALID: row(422, 'warn', 'refuse', 'The key is malformed, weak, or does not fit its use.'),
  ERR_TRUST_ROOT: row(500, 'error', 'fatal', 'The root keys are malformed or their threshold cannot be met.'),
  ERR_TRUST_THRESHOLD: row(403, 'warn', 'refuse', 'The change lacks the signatures that its kind asks for.'),
  ERR_TRUST_SNAPSHOT: row(
    502,
    'error',
    'retry',
    'The directory snapshot does not verify against the pinned root keys.',
  ),
  ERR_TRUST_ROLLBACK: row(
    502,
    'error',
    'retry',
    'The directory snapshot is older than, or differs from, what was seen before.',
  ),
  ERR_DIRECTORY_MALFORMED: row(422, 'warn', 'refuse', 'The directory change has a wrong shape, header or signature.'),
  ERR_DIRECTORY_MOMENT: row(
    422,
    'info',
    'refuse',
    'The change would hold from too far in the past or future; only the end of a key may be dated back.',
  ),
  ERR_DIRECTORY_CONFLICT: row(
    409,
    'info',
    'refuse',
    'The change contradicts the directory (unknown owner, repeated id).',
  ),

  // Rules of requests: the hub's answers to the sender.
  ERR_REQUEST_NO_AGREEMENT: row(
    403,
    'info',
    'refuse',
    'No agreement in force covers this kind between these participants.',
  ),
  ERR_REQUEST_NO_LEGAL_BASIS: row(422, 'info', 'refuse', 'A request needs a legal basis.'),
  ERR_REQUEST_NO_PURPOSE: row(422, 'info', 'refuse', 'A request needs a purpose.'),
  ERR_REQUEST_URGENCY_UNJUSTIFIED: row(422, 'info', 'refuse', 'An urgent request needs an urgency ground.'),
  ERR_REQUEST_RECIPIENT_UNKNOWN: row(
    422,
    'info',
    'refuse',
    'The recipient participant or desk does not exist at this time.',
  ),
  ERR_REQUEST_SENDER_UNKNOWN: row(
    422,
    'info',
    'refuse',
    'The sending desk does not belong to the sender at this time.',
  ),
  ERR_REQUEST_EXPIRED: row(422, 'info', 'refuse', 'The request had expired before it reached the hub.'),
  ERR_REQUEST_PERSON_PROTECTED: row(
    403,
    'info',
    'refuse',
    'A person in it seeks or has protection; leave the country of their nationality out.',
  ),
  ERR_REQUEST_KIND_RESERVED: row(403, 'info', 'refuse', 'This kind of request is reserved for other desks.'),
  ERR_LEG_NOT_ENDED: row(409, 'info', 'refuse', 'The leg goes on: only what has ended can be erased.'),
  ERR_LEG_UNKNOWN: row(404, 'info', 'refuse', 'There is no such request leg for you.'),
  ERR_LEG_DUPLICATE: row(409, 'info', 'refuse', 'This leg was submitted before.'),
  ERR_LEG_NOT_A_PARTY: row(404, 'warn', 'refuse', 'There is no such request leg for you.'),
  ERR_LEG_MOVE_NOT_ALLOWED: row(409, 'info', 'refuse', 'The leg cannot make this move in its present state.'),
  ERR_LEG_SUBMISSION_MISMATCH: row(
    422,
    'warn',
    'refuse',
    'The delivery statement names another envelope than the one that opened the leg.',
  ),
  ERR_LEG_ITEM_UNKNOWN: row(422, 'info', 'refuse', 'The request has no such item.'),
  ERR_LEG_CLARIFICATION_UNKNOWN: row(422, 'info', 'refuse', 'No clarification with this id is pending.'),

  // Nudges: the hub's answers to who sets them.
  ERR_NUDGES_DESK_UNKNOWN: row(422, 'info', 'refuse', 'The desk is not an open desk of the sender at this time.'),
  ERR_NUDGES_CONTACT_UNKNOWN: row(422, 'info', 'refuse', 'The roster names a contact that the desk does not have.'),
  ERR_NUDGES_CHANNEL_OFF: row(422, 'info', 'refuse', 'This hub does not nudge in that way; name another contact.'),
  ERR_LADDER_PAST: row(422, 'info', 'refuse', 'A ladder of the community holds from now or from later, never before.'),

  // Officers' API of the access point.
  ERR_OFFICER_UNAUTHENTICATED: row(401, 'info', 'refuse', 'Log in first.'),
  ERR_OFFICER_FORBIDDEN: row(403, 'warn', 'refuse', 'Your role or desk may not do this.'),
  ERR_OFFICER_NO_PURPOSE: row(422, 'info', 'refuse', 'State a purpose and a desk for this action.'),
  ERR_OFFICER_NEEDS_SECOND_PERSON: row(403, 'info', 'refuse', 'This action needs a second person.'),
  ERR_APPROVAL_NOT_WAITING: row(
    409,
    'info',
    'refuse',
    'This no longer waits for a second person; look what became of it, and propose it anew.',
  ),
  ERR_ANOMALY_MOVE_NOT_ALLOWED: row(
    409,
    'info',
    'refuse',
    'The item of the anomaly queue cannot make this move in its present state; the answer says what it waits for.',
  ),
  ERR_REQUEST_INVALID: row(422, 'info', 'refuse', 'The body does not match the schema; the answer lists every field.'),
  ERR_REQUEST_NOT_FOUND: row(404, 'info', 'refuse', 'There is no such resource for you.'),
  ERR_REQUEST_METHOD: row(405, 'info', 'refuse', 'This method is not offered here.'),
  ERR_REQUEST_TOO_LARGE: row(413, 'info', 'refuse', 'The body is larger than this address takes.'),
  ERR_REQUEST_MEDIA_TYPE: row(415, 'info', 'refuse', 'Send the content type that the reference names.'),
  ERR_REQUEST_IDEMPOTENCY_CONFLICT: row(
    409,
    'info',
    'refuse',
    'This idempotency key was used before with another body.',
  ),
  ERR_CONTENT_ERASED: row(410, 'info', 'refuse', 'The content was erased here: its key was destroyed.'),
  ERR_CONTENT_HELD: row(
    409,
    'info',
    'refuse',
    'Somebody keeps the content from being erased: the hold must be released first.',
  ),
  ERR_CONTENT_UNREADABLE: row(
    500,
    'error',
    'park',
    'Stored content cannot be opened with the records secret of this keystore, or was changed.',
  ),
  ERR_CURSOR_INVALID: row(400, 'info', 'refuse', 'The cursor is not one that this service handed out.'),

  // Attachments.
  ERR_ATTACHMENT_CORRUPT: row(
    422,
    'error',
    'refuse',
    'The attachment is not what its sender encrypted: bytes were changed, moved, added or are missing. Ask for it again.',
  ),
  ERR_ATTACHMENT_TOO_LARGE: row(413, 'info', 'refuse', 'The attachment is larger than 10 MB. Send it in parts.'),
  ERR_ATTACHMENT_OFFSET: row(
    409,
    'info',
    'refuse',
    'The upload goes on elsewhere than these bytes begin. Ask with HEAD where.',
  ),
  ERR_ATTACHMENT_MISMATCH: row(
    422,
    'warn',
    'refuse',
    'The stored bytes have another hash or size than was said. Encrypt and upload again.',
  ),
  ERR_ATTACHMENT_UNKNOWN: row(
    422,
    'info',
    'refuse',
    'The envelope names an attachment that its sender has not uploaded. Upload first, then send.',
  ),
  ERR_ATTACHMENT_QUOTA: row(
    429,
    'warn',
    'refuse',
    'Too many bytes wait to be named by an envelope. Send the messages that they belong to.',
  ),
  ERR_ATTACHMENT_EXPIRED: row(410, 'info', 'refuse', 'The hub keeps attachments for a limited time, and it is over.'),
  ERR_ATTACHMENT_TYPE: row(
    415,
    'info',
    'refuse',
    'The bytes are of a type that may not be attached, or of another than their sender says.',
  ),
  ERR_ATTACHMENT_NOT_HERE: row(
    409,
    'info',
    'refuse',
    'The attachment is not whole here yet, or is not yours to send. Wait, or upload it.',
  ),
  ERR_STORAGE_FULL: row(507, 'error', 'retry', 'The storage of attachments is full. Nothing is lost; try again later.'),
  ERR_STORAGE_UNAVAILABLE: row(
    503,
    'error',
    'retry',
    'The storage of attachments does not answer, or lacks what it should hold; try again later.',
  ),

  // Feeds.
  ERR_FEED_CURSOR_AHEAD: row(409, 'warn', 'refuse', 'The cursor is beyond the end of the feed.'),
  ERR_FEED_BROKEN: row(502, 'error', 'retry', 'The feed has a gap, a repeat or a changed entry.'),

  // The transparency log.
  ERR_LOG_MALFORMED: row(
    400,
    'warn',
    'park',
    'The note, checkpoint, proof, policy or request is not in the one form that its specification allows.',
  ),
  ERR_LOG_KEY: row(
    422,
    'error',
    'refuse',
    'The verifier key or signer key is malformed, weak, or does not fit its use.',
  ),
  ERR_LOG_SIGNATURE: row(
    403,
    'warn',
    'park',
    'The signature of a known key on the note does not verify, or no known key signed it.',
  ),
  ERR_LOG_QUORUM: row(
    403,
    'warn',
    'refuse',
    'Too few of the witnesses that the policy names have cosigned the checkpoint.',
  ),
  ERR_LOG_PROOF: row(422, 'error', 'park', 'The inclusion or consistency proof does not verify.'),
  ERR_LOG_RANGE: row(404, 'info', 'refuse', 'The log has no such leaf, tile or size, or not yet.'),
  ERR_LOG_TILE: row(
    502,
    'error',
    'retry',
    'A tile or entry bundle of the log is missing, or is not of the size that its path says.',
  ),
  ERR_LOG_STATE: row(500, 'fatal', 'fatal', 'The log in the database contradicts itself: it was changed.'),
  ERR_LOG_ROLLBACK: row(
    500,
    'fatal',
    'fatal',
    'The log, or what its signer remembers, is not what was signed or witnessed before: an older copy was restored, or it was changed.',
  ),
  ERR_LOG_FENCED: row(503, 'warn', 'retry', 'Another process has taken over the log.'),

  // Evidence: what a stranger checks offline.
  ERR_EVIDENCE_PACK: row(
    400,
    'warn',
    'park',
    'The file is no evidence pack in its one form, or has more in it than a pack may have.',
  ),
  ERR_EVIDENCE_OPENING: row(400, 'warn', 'park', 'The leaf opening is not in its one form.'),
  ERR_EVIDENCE_PENDING: row(503, 'info', 'retry', 'The log does not hold all of it under a witnessed checkpoint yet.'),
  ERR_STATISTICS_PERIOD: row(
    409,
    'info',
    'refuse',
    'The period is not over, or it overlaps another one that statistics were issued for.',
  ),
  ERR_EVIDENCE_RULE: row(422, 'warn', 'refuse', 'What the evidence says does not hold; the report names the rule.'),

  // Infrastructure.
  ERR_CONFIG_INVALID: row(500, 'fatal', 'fatal', 'A configuration variable is missing or wrong; the message names it.'),
  ERR_KEYSTORE_UNREADABLE: row(500, 'fatal', 'fatal', 'The keystore cannot be opened with this passphrase.'),
  ERR_DATABASE_UNAVAILABLE: row(503, 'error', 'retry', 'The database does not answer; try again later.'),
  ERR_DATABASE_FULL: row(
    503,
    'error',
    'retry',
    'The disk of the database is full. Nothing that was accepted is lost; its operator must make room.',
  ),
  ERR_DATABASE_SCHEMA: row(
    500,
    'fatal',
    'fatal',
    'The database schema is older than the program. Run its migrate command.',
  ),
  ERR_BROKER_UNAVAILABLE: row(503, 'error', 'retry', 'The message broker does not answer; try again later.'),
  ERR_UPSTREAM_UNAVAILABLE: row(
    503,
    'warn',
    'retry',
    'A service that this one depends on does not answer; try again later.',
  ),
  ERR_ACCESS_NOT_RECORDED: row(
    503,
    'warn',
    'retry',
    'The hub has not taken the record of this look, so nothing is shown. The attempt is in the access log; try again when the hub can be reached.',
  ),
  ERR_CLOCK_WRONG: row(
    503,
    'error',
    'retry',
    'The clock of this machine differs from the clock of the hub, which therefore takes nothing from it. Set it; what waits goes out then.',
  ),
  ERR_RECORD_MALFORMED: row(422, 'warn', 'park', 'The record on the topic is not framed as its topic asks.'),
  ERR_KEY_PARKED: row(409, 'warn', 'park', 'An earlier record of this aggregate is parked; this one waits behind it.'),
  ERR_PARKED_WELL: row(
    409,
    'info',
    'refuse',
    'A parked record that verifies, or that a fault of the service keeps back, is replayed, not discarded.',
  ),
  ERR_PARKED_KEY_HELD: row(
    409,
    'info',
    'refuse',
    'Discarding this parked record lets later records of its aggregate through; that must be asked for.',
  ),
  ERR_INTERNAL_UNEXPECTED: row(500, 'error', 'park', 'Something failed that should not have; the log has the cause.'),
} as const satisfies Record<string, ErrorRow>;

/** A code of {@link ERROR_TABLE}. */
export type ErrorCode = keyof typeof ERROR_TABLE;
