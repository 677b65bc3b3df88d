import { ANSWERING } from './answering.js';
import { ASKING } from './asking.js';
import { EVIDENCE } from './evidence.js';
import { PROVING } from './proving.js';
import { REFUSING } from './refusing.js';
import type { Step } from './story.js';

/** Everything that the demo shows, in order. */
export const SCENARIO: readonly Step[] = [...ASKING, ...ANSWERING, ...PROVING, ...REFUSING, ...EVIDENCE];
