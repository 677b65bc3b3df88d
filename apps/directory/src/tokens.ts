/** Injection token of the {@link DirectoryConfig}. */
export const DIRECTORY_CONFIG = Symbol('serai.directory-config');
