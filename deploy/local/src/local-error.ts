/** What can go wrong on a developer's machine before any app runs. */
export type LocalErrorCode =
  | 'ERR_LOCAL_ALREADY_RUNNING'
  | 'ERR_LOCAL_APP_FAILED'
  | 'ERR_LOCAL_DATA_STALE'
  | 'ERR_LOCAL_DISK_FULL'
  | 'ERR_LOCAL_INFRA_CHOICE'
  | 'ERR_LOCAL_JAVA_MISSING'
  | 'ERR_LOCAL_KAFKA_FAILED'
  | 'ERR_LOCAL_KAFKA_UNREACHABLE'
  | 'ERR_LOCAL_MAVEN_FAILED'
  | 'ERR_LOCAL_MAVEN_MISSING'
  | 'ERR_LOCAL_NO_ENGINE'
  | 'ERR_LOCAL_NO_INFRA'
  | 'ERR_LOCAL_NO_SMALL_DISK'
  | 'ERR_LOCAL_NOT_RUNNING'
  | 'ERR_LOCAL_PLATFORM'
  | 'ERR_LOCAL_PORT_IN_USE'
  | 'ERR_LOCAL_POSTGRES_FAILED'
  | 'ERR_LOCAL_POSTGRES_UNREACHABLE';

/** An error whose message is one sentence for whoever typed the command: what is wrong and what to do. */
export class LocalError extends Error {
  override readonly name = 'LocalError';

  constructor(
    readonly code: LocalErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}
