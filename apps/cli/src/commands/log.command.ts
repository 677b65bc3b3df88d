import { Command } from 'commander';
import { directoryOf } from '#libs/client';
import type { LogAlarm, LogView } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { table } from '../output/output.js';
import { readRootKeys } from '../session/root-keys.js';
import { type Surroundings, withClient } from './command.js';

/** The community's audit log, as the access point sees it. */
export function logCommand(surroundings: Surroundings): Command {
  const log = new Command('log').description(
    'the audit log: whether this access point trusts it, and what it should say',
  );
  for (const command of [showCommand, acknowledgeCommand, policyCommand]) log.addCommand(command(surroundings));
  return log;
}

function showCommand(surroundings: Surroundings): Command {
  return new Command('show').description('whether the log is trusted, its newest verified head, and its alarms').action(
    withClient(surroundings, async ({ client, output }) => {
      const log = await client.log();
      output.show(log, logLines(log));
    }),
  );
}

function acknowledgeCommand(surroundings: Surroundings): Command {
  return new Command('acknowledge')
    .description('take note of an alarm; what is still wrong raises another one')
    .argument('<alarm>', 'id of the alarm')
    .requiredOption('--reason <text>', 'what was found out, without personal data')
    .action(
      withClient<{ reason: string }, [string]>(surroundings, async ({ client, output, options }, alarmId) => {
        const alarm = await client.acknowledgeLogAlarm(alarmId, { reason: options.reason });
        output.show(alarm, table([alarmRow(alarm)]));
      }),
    );
}

function policyCommand(surroundings: Surroundings): Command {
  const { config } = surroundings;
  return new Command('policy')
    .description('the log policy in force, verified up to the root keys: a file for npm run verify')
    .option('--root-keys <file>', 'pinned root keys; those of the local community unless given')
    .action(
      withClient<{ rootKeys?: string }, []>(surroundings, async ({ client, output, options }) => {
        const directory = await directoryOf(await client.directoryChanges(), readRootKeys(config, options));
        const policy = directory.logPolicyAt(new Date())?.text;
        if (policy === undefined)
          throw new SeraiError('ERR_REQUEST_NOT_FOUND', 'This community has no log policy yet.');
        output.show({ policy }, policy.trimEnd());
      }),
    );
}

function logLines({ state, logs, alarms }: LogView): string[] {
  const heads = logs.flatMap(({ origin, size, witnessedAt, newsAt, continuedBy }) =>
    Object.entries({
      log: origin,
      leaves: String(size),
      witnessed: witnessedAt ?? 'never',
      'last news': newsAt,
      ...(continuedBy === undefined ? {} : { 'continued by': continuedBy }),
    }),
  );
  return [
    ...table([['state', state], ...heads]),
    '',
    ...(alarms.length ? table(alarms.map(alarmRow)) : ['No alarms.']),
  ];
}

function alarmRow({ alarmId, raisedAt, kind, finding, acknowledged }: LogAlarm): string[] {
  return [
    alarmId,
    raisedAt,
    kind,
    finding,
    acknowledged ? `noted by ${acknowledged.by}: ${acknowledged.reason}` : 'OPEN',
  ];
}
