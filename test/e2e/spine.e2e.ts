import { failOnLeaks } from '#libs/testing';
import { attachmentsSuite } from './attachments.suite.js';
import { cliSuite } from './cli.suite.js';
import { clockSuite } from './clock.suite.js';
import { crashSuite } from './crash.suite.js';
import { demoSuite, type Ending } from './demo.suite.js';
import { diskSuite } from './disk.suite.js';
import { epochsSuite } from './epochs.suite.js';
import { evidenceSuite } from './evidence.suite.js';
import { feedSuite } from './feed.suite.js';
import { nudgesSuite } from './nudges.suite.js';
import { onceSuite } from './once.suite.js';
import { outageSuite } from './outage.suite.js';
import { permissionsSuite } from './permissions.suite.js';
import { refusalsSuite } from './refusals.suite.js';
import { secrecySuite } from './secrecy.suite.js';
import { World } from './support/world.js';

// One constellation for all of it: starting one takes longer than most of these tests. The order matters where a suite says so.

let world: World;
let undisturbed: Ending;

beforeAll(async () => {
  world = await World.start();
}, 180_000);
afterAll(() => world?.stop(), 60_000);
failOnLeaks();

describe('The demo', () =>
  demoSuite(
    () => world,
    (ending) => (undisturbed = ending),
  ));
describe('A refusal', () => refusalsSuite(() => world));
describe('Permissions', () => permissionsSuite(() => world));
describe('Attachments', () => attachmentsSuite(() => world));
describe('A feed', () => feedSuite(() => world));
describe('A nudge', () => nudgesSuite(() => world));
describe('The command line', () => cliSuite(() => world));
describe('The demo with every app killed on the way', () =>
  crashSuite(
    () => world,
    () => undisturbed,
  ));
describe('A clock that is wrong', () => clockSuite(() => world));
describe('A disk that is full', () => diskSuite(() => world));
describe('Exactly one effect', () => onceSuite(() => world));
describe('An access point that was away', () => outageSuite(() => world));
describe('Evidence', () => evidenceSuite(() => world));
describe('A log that ends, and the one that goes on', () => epochsSuite(() => world));
// Last, so that it searches what all the others left behind.
describe('The hub can read nothing', () => secrecySuite(() => world));
