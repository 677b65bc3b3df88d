// Who may import whom. `npm run check` reads this.
const FRAMEWORK_FREE = '^libs/(attachments|contracts|envelope|errors|trust|config|transparency-log|evidence)/';
const FRAMEWORKS = 'node_modules/(@nestjs|@fastify|fastify|typeorm|kafkajs|@platformatic|pg|pino|oidc-provider)/';

module.exports = {
  forbidden: [
    {
      name: 'no-app-to-app',
      comment: 'Apps talk over topics and HTTP, never by import.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/([^/]+)/', pathNot: '^apps/$1/' },
    },
    {
      name: 'no-lib-to-app',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(apps|deploy|test)/' },
    },
    {
      name: 'no-app-to-deploy',
      severity: 'error',
      from: { path: '^apps/' },
      to: { path: '^(deploy|test)/' },
    },
    {
      name: 'no-deploy-to-app',
      comment: 'Deployment starts apps as processes; it never loads them.',
      severity: 'error',
      from: { path: '^deploy/' },
      to: { path: '^(apps|test)/' },
    },
    {
      name: 'libs-only-through-their-index',
      severity: 'error',
      from: { path: '^(apps|deploy|test)/' },
      to: { path: '^libs/[^/]+/', pathNot: '^libs/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'libs-only-through-the-index-of-another',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/[^/]+/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'framework-free',
      comment: 'What everybody builds on, and what others may want to use by itself, needs no framework.',
      severity: 'error',
      from: { path: FRAMEWORK_FREE },
      to: { path: FRAMEWORKS },
    },
    {
      name: 'transparency-log-stands-alone',
      comment: 'Whoever checks our log reads this lib, and nothing else.',
      severity: 'error',
      from: { path: '^libs/transparency-log/', pathNot: '\\.spec\\.ts$' },
      to: { path: '(^libs/|node_modules/)', pathNot: '^libs/(transparency-log|errors)/' },
    },
    {
      name: 'one-importer-of-the-kafka-client',
      severity: 'error',
      from: { path: '^(apps|libs|deploy|test)/', pathNot: ['^libs/messaging/', '^test/integration/messaging/'] },
      to: { path: 'node_modules/(kafkajs|@platformatic/kafka)/' },
    },
    {
      name: 'queries-in-repositories',
      comment: 'SQL is where a reader looks for it.',
      severity: 'error',
      from: { path: '^(apps|deploy)/', pathNot: '\\.(repository|spec)\\.ts$' },
      to: { path: 'node_modules/pg/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'tests-are-not-imported',
      severity: 'error',
      from: { path: '^(apps|libs|deploy)/', pathNot: ['\\.(spec|fixture)\\.ts$', '^libs/testing/'] },
      to: { path: ['\\.(spec|fixture)\\.ts$', '^libs/testing/'] },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['serai-src', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
