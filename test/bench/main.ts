import path from 'node:path';
import { describeAudit, measureAudit } from './audit/measure-audit.js';
import { Bench, type BenchOptions } from './bench.js';
import { compareClients, describeClients } from './clients/compare-clients.js';
import { describeLog } from './log/describe-log.js';
import { measureLog } from './log/measure-log.js';
import { FULL_PLAN, SHORT_PLAN } from './plan.js';
import { profileProcesses } from './processes/cpu-profile.js';
import { PostgresWorkRepository } from './processes/postgres-work.repository.js';
import { describeResult } from './report/describe-result.js';
import { type Target, target } from './target.js';

// Measures the constellation that deploy/local/src/bench.ts has brought up and describes in its first message. Ends when that one does.

const args = process.argv.slice(2);
const asJson = args.includes('--json');
const profileAt = args.indexOf('--profile');
const profileFolder = profileAt === -1 ? undefined : path.resolve(args[profileAt + 1] ?? 'profiles');

const onlyAt = args.findIndex((arg) => arg.startsWith('--only'));
const only = onlyAt === -1 ? undefined : (args[onlyAt]!.split('=')[1] ?? args[onlyAt + 1]);

const say = (line: string): void => console.error(line);
const toThousandths = (_name: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;

const plan = args.includes('--short') ? SHORT_PLAN : FULL_PLAN;
const folder = import.meta.dirname;

async function measureClients(measured: Target): Promise<void> {
  const clients = await compareClients({ target: measured, plan: plan.clients, folder, say });
  (asJson ? console.error : console.log)(describeClients(clients));
  if (asJson) console.log(JSON.stringify({ ok: true, clients }, toThousandths));
}

async function measureLogOnly(measured: Target): Promise<void> {
  const log = await measureLog({ target: measured, plan: plan.log, say });
  (asJson ? console.error : console.log)(describeLog(log));
  if (asJson) console.log(JSON.stringify({ ok: true, log }, toThousandths));
}

async function measureAuditOnly(measured: Target): Promise<void> {
  const audit = await measureAudit({ target: measured, plan: plan.audit, say });
  (asJson ? console.error : console.log)(describeAudit(audit));
  if (asJson) console.log(JSON.stringify({ ok: true, audit }, toThousandths));
}

async function measure(measured: Target): Promise<void> {
  const profile = async (into: string, seconds: number): Promise<void> =>
    say(await profileProcesses(measured.processes, into, seconds));
  const options: BenchOptions = {
    target: measured,
    plan,
    folder,
    say,
    ...(profileFolder ? { profile: (seconds) => profile(profileFolder, seconds) } : {}),
  };
  const postgres = await PostgresWorkRepository.connect(measured.postgresUrl);
  const result = await new Bench(options, postgres).run();
  await postgres.end();
  (asJson ? console.error : console.log)(describeResult(result));
  if (asJson) console.log(JSON.stringify(result, toThousandths));
  process.exitCode = result.ok ? 0 : 1;
}

function runOf(part: string | undefined): (measured: Target) => Promise<void> {
  if (part === 'clients') return measureClients;
  if (part === 'audit-search') return measureAuditOnly;
  return part === 'log' ? measureLogOnly : measure;
}

process.once('disconnect', () => process.exit(1));
process.once('message', (message) => {
  runOf(only)(target.parse(message))
    .catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    })
    .finally(() => process.exit());
});
