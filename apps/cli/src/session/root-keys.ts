import { readFileSync } from 'node:fs';
import { parseRootKeys, type RootKeys } from '#libs/trust';
import type { CliConfig } from '../config.js';
import { UsageError } from '../failure.js';
import { readLocalRun } from './local-run.js';

/** The pinned root keys: those of the option `--root-keys`, or of the local community. */
export function readRootKeys(config: CliConfig, { rootKeys }: { readonly rootKeys?: string }): RootKeys {
  const file = rootKeys ?? readLocalRun(config)?.rootKeys;
  if (!file) throw new UsageError('Say which root keys to trust: --root-keys <file>.');
  return parseRootKeys(readFileSync(file, 'utf8'));
}
