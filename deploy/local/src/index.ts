export { type Infra, type InfraOptions, startInfra } from './infra/infra.js';
export { LocalError, type LocalErrorCode } from './local-error.js';
