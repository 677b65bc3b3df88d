import type { Directory } from '#libs/trust';

/**
 * The verified directory as a service of the hub knows it now. The directory service has the original, all others a replica
 * ({@link DirectoryReplicaModule}).
 */
export abstract class HubDirectory {
  /** Never changes in place: take it once per piece of work, so that all of that work sees one version. */
  abstract get current(): Directory;

  /**
   * Passes once `current` can be relied on: whom it does not know now is unknown.
   *
   * @throws SeraiError `ERR_UPSTREAM_UNAVAILABLE`
   */
  abstract assertUsable(): void;

  /** Resolves once `current` can be relied on. Await it before consuming records. */
  abstract ready(): Promise<void>;

  /** Resolves once `current` has at least this version: consumers of `directory.events` may be ahead of the replica for a moment. */
  abstract reached(version: number): Promise<void>;
}
