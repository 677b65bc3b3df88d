import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { isSeraiError } from '#libs/errors';
import { MAX_POLICY_BYTES, type Policy, parsePolicy } from '#libs/transparency-log';
import { parseRootKeys, type RootKeys } from '#libs/trust';
import { UsageError } from './usage.js';

/** Largest file that is read at once: 256 MiB. */
const MAX_BYTES = 268_435_456;
const MAX_ROOTS_BYTES = 65_536;
const CHUNK_BYTES = 1_048_576;
const MAX_LINE_BYTES = 2_097_152;
const LINE_FEED = 0x0a;

/**
 * Reads a file that was named on the command line.
 *
 * @throws UsageError when it is not there, no file, or too large
 */
export function readInput(file: string, maxBytes = MAX_BYTES): Buffer {
  try {
    const { size } = statSync(file);
    if (size > maxBytes) throw new UsageError(`${file} has more than ${maxBytes} bytes: this program reads no more.`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

/**
 * Reads a file line by line, whatever its size: lines without their line feeds, and none behind the last one.
 *
 * @throws UsageError when it is not there, or has a line of more than 2 MiB
 */
export function* readLines(file: string): Generator<Buffer, void, undefined> {
  const descriptor = opened(file);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let rest: Buffer = Buffer.alloc(0);
    for (let read = readSync(descriptor, chunk); read > 0; read = readSync(descriptor, chunk)) {
      let text = Buffer.concat([rest, chunk.subarray(0, read)]);
      for (let end = text.indexOf(LINE_FEED); end >= 0; end = text.indexOf(LINE_FEED)) {
        yield text.subarray(0, end);
        text = text.subarray(end + 1);
      }
      if (text.length > MAX_LINE_BYTES)
        throw new UsageError(`${file} has a line of more than ${MAX_LINE_BYTES} bytes.`);
      rest = text;
    }
    if (rest.length > 0) yield rest;
  } finally {
    closeSync(descriptor);
  }
}

function opened(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

/** Like {@link readInput}, undefined for a file that is not there. */
export function readIfThere(file: string): Buffer | undefined {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? readInput(file) : undefined;
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** @throws UsageError */
export function readRoots(file: string): RootKeys {
  const text = readInput(file, MAX_ROOTS_BYTES).toString();
  return understood(file, 'pinned root keys', () => parseRootKeys(text));
}

/** @throws UsageError */
export function readPolicy(file: string): Policy {
  const bytes = readInput(file, MAX_POLICY_BYTES);
  return understood(file, 'a log policy (c2sp.org/tlog-policy)', () => parsePolicy(bytes));
}

/**
 * Whoever checks brings these files: when they are no good there is nothing to check against.
 *
 * @throws UsageError
 */
export function understood<T>(file: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!isSeraiError(error)) throw error;
    const step = error.detail['step'];
    throw new UsageError(`${file} is not ${what}: ${error.message}${typeof step === 'string' ? ` (${step})` : ''}`);
  }
}
