// Tests run on our TypeScript compiled to CommonJS by swc; ESM-only packages are loaded by Node itself.
const shared = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['serai-src', 'node', 'node-addons'] },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json'],
  // NodeNext sources import './x.js'; on disk it is './x.ts'.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'commonjs' },
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
      },
    ],
  },
};

const ignored = ['<rootDir>/dist/', '<rootDir>/node_modules/', '<rootDir>/.serai/'];

export default {
  projects: [
    ['unit', '/(apps|libs|deploy|test/vectors|test/bench|test/faults|test/mutations)/.*\\.spec\\.ts$'],
    ['integration', '/test/integration/.*\\.int\\.ts$'],
    ['e2e', '/test/e2e/.*\\.e2e\\.ts$'],
    ['foreign', '/test/foreign/.*\\.foreign\\.ts$'],
  ].map(([displayName, testRegex]) => ({
    ...shared,
    displayName,
    testRegex,
    modulePathIgnorePatterns: ignored,
    testPathIgnorePatterns: ignored,
  })),
};
