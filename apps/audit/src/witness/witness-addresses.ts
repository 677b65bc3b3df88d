import { z } from 'zod';
import { httpUrl } from '#libs/config';

/** Submission prefix of each witness, by the name that the log policy gives it. */
export type WitnessAddresses = ReadonlyMap<string, string>;

/** `name=url`, separated by commas. */
export const witnessAddresses = z.string().transform((value, context): WitnessAddresses => {
  const addresses = new Map<string, string>();
  for (const part of value.split(',')) {
    const [, name, address] = /^\s*([^\s=]+)=(\S+)\s*$/.exec(part) ?? [];
    const url = httpUrl.safeParse(address);
    if (name === undefined || !url.success || addresses.has(name)) {
      context.addIssue({ code: 'custom', message: 'must be name=url, comma separated, each name once' });
      return z.NEVER;
    }
    addresses.set(name, url.data);
  }
  return addresses;
});
