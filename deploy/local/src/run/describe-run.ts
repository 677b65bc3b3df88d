import type { RunFile } from './run-file.js';

const ROLE_WORDS: Readonly<Record<string, string>> = {
  LIAISON_OFFICER: 'liaison officer',
  NCC_DUTY_OFFICER: 'duty officer of the coordination centre',
  NCC_SUPERVISOR: 'supervisor of the coordination centre',
  INVESTIGATOR: 'investigator',
  BORDER_OFFICER: 'border officer',
  SECURITY_OFFICER: 'security officer',
  AUDITOR: 'auditor',
  SECRETARIAT: 'secretariat',
};

/** What `npm start` prints when all is ready: addresses, officers, log-ins and what to do next. */
export function describeRun(run: RunFile, seconds: number): string {
  const { participants, officers, nationalSystems } = run.community;
  const hub = Object.entries(run.addresses).filter(([name]) => !name.startsWith('access-point-'));
  const password = officers[0]?.password ?? '';
  return [
    `Caravanserai is ready (${seconds.toFixed(1)} s).`,
    '',
    'The hub',
    ...hub.map(([name, address]) => `  ${name.padEnd(20)} ${address}`),
    `  ${'PostgreSQL'.padEnd(20)} ${new URL(run.infra.postgres.url).host} (${run.infra.postgres.kind})`,
    `  ${'Kafka'.padEnd(20)} ${run.infra.kafka.brokers.join(', ')} (${run.infra.kafka.kind})`,
    '',
    `Access points and their officers; everybody's password is ${password}`,
    ...participants.flatMap(({ urn, name, accessPoint }) => [
      `  ${name.padEnd(20)} ${accessPoint}`,
      ...officers
        .filter(({ participant }) => participant === urn)
        .map(
          (officer) =>
            `    ${officer.login.padEnd(20)} ${officer.name}, ${officer.roles.map((role) => ROLE_WORDS[role] ?? role).join(', ')}`,
        ),
    ]),
    ...nationalSystems.map(
      ({ clientId, privateKey }) => `    ${clientId.padEnd(20)} a national system; its key is ${privateKey}`,
    ),
    '',
    'Next: npm run demo, in another terminal. Ctrl-C stops everything and keeps the data; npm run reset forgets it.',
    '',
  ].join('\n');
}
