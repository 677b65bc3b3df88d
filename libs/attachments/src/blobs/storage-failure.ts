import { SeraiError } from '#libs/errors';

/** File systems say it by `code`. S3 itself has no such case; services on a disk of one's own say it by `name`. */
const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG', 'QuotaExceeded', 'XMinioStorageFull', 'InsufficientStorage'];

/** What a storage says, as one of our errors. */
export function storageFailure(cause: unknown): SeraiError {
  const { code, name } = (cause ?? {}) as { code?: unknown; name?: unknown };
  if (FULL.some((word) => word === code || word === name)) {
    return new SeraiError(
      'ERR_STORAGE_FULL',
      'There is no room for attachments now. Nothing is lost; try again later.',
      { cause },
    );
  }
  return new SeraiError('ERR_STORAGE_UNAVAILABLE', 'The storage of attachments does not answer. Try again later.', {
    cause,
  });
}
