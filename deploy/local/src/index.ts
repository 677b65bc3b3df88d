export { AGREEMENTS, PARTICIPANTS, type SeededParticipant } from './community/community.js';
export type { Founding } from './community/founding.js';
export { Constellation, type ConstellationOptions, startConstellation } from './constellation/constellation.js';
export { type Infra, type InfraOptions, startInfra } from './infra/infra.js';
export { LocalError, type LocalErrorCode } from './local-error.js';
export { dataFolder } from './run/data-folder.js';
export { findLiveRun, type RunFile, readRunFile } from './run/run-file.js';
