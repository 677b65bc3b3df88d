/**
 * Where pieces of attachments lie: small named runs of bytes, written once. It has two forms, {@link FolderBlobStore} and {@link S3BlobStore}.
 * Names are made by us (random ids), never by callers.
 */
export interface BlobStore {
  /**
   * Stores bytes under a name, in place of what was there; durable when it resolves, and never half there.
   *
   * @throws SeraiError ERR_STORAGE_FULL, ERR_STORAGE_UNAVAILABLE
   */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** @throws SeraiError ERR_STORAGE_UNAVAILABLE, also when nothing has this name */
  get(name: string): Promise<Buffer>;
  /**
   * As {@link get}, where it may well be that nothing has this name: undefined then.
   *
   * @throws SeraiError ERR_STORAGE_UNAVAILABLE
   */
  find(name: string): Promise<Buffer | undefined>;
  /**
   * Forgets names; those that are not there do not matter.
   *
   * @throws SeraiError ERR_STORAGE_UNAVAILABLE; some may be forgotten then
   */
  remove(names: readonly string[]): Promise<void>;
  /** Ends what it holds open. Nest calls it when the app has stopped. */
  onApplicationShutdown?(): void;
}
