export { PARTICIPANTS, type SeededParticipant } from './community/community.js';
export type { Founding } from './community/founding.js';
export { Constellation, type ConstellationOptions, startConstellation } from './constellation/constellation.js';
export type { Infra, InfraOptions } from './infra/infra.js';
export { findLiveRun, type RunFile, readRunFile } from './run/run-file.js';
