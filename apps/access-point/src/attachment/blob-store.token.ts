/** Injection token of the {@link BlobStore} that attachments lie in. */
export const BLOB_STORE = Symbol('serai.blob-store');
