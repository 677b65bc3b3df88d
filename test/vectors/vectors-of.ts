import { readFileSync } from 'node:fs';

/** Reads a file of vectors of this folder; tests run in the top folder of the repository. */
export function vectorsOf<T>(file: string): T {
  return JSON.parse(readFileSync(`test/vectors/${file}`, 'utf8')) as T;
}
