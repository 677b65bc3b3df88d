export { PARTICIPANTS, type SeededParticipant } from './community/community.js';
export type { Founding } from './community/founding.js';
export { Constellation, type ConstellationOptions, startConstellation } from './constellation/constellation.js';
export { REQUEST as DEMO_REQUEST } from './demo/case.js';
export { Cast, type RunningCommunity } from './demo/cast.js';
export { SCENARIO } from './demo/scenario.js';
export { Story, type Teller } from './demo/story.js';
export type { Infra, InfraOptions } from './infra/infra.js';
export { findLiveRun, type RunFile, readRunFile } from './run/run-file.js';
