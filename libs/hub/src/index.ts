export { AuthenticatedCaller, CallerGuard } from './caller/caller.guard.js';
export { CallerModule } from './caller/caller.module.js';
export { CallerAuthenticator } from './caller/caller-authenticator.js';
export { DirectoryReplicaModule } from './directory/directory-replica.module.js';
export { HubDirectory } from './directory/hub-directory.js';
export { HubModule } from './hub.module.js';
export { HubIdentity } from './hub-identity.js';
export { type HubSettings, readHubSettings } from './hub-settings.js';
export { HUB_SETTINGS, KAFKA_CONNECTION, ROOT_KEYS } from './tokens.js';
