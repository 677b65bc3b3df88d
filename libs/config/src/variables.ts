import { z } from 'zod';

/** Levels of the log, most talkative first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A text that must be set. */
export const text = z.string().trim().min(1, 'must not be empty');

/** A secret: kept byte for byte, never trimmed. */
export const secret = z.string().min(1, 'must not be empty');

/** `1` switches on; unset or `0` leaves off. */
export const flag = z
  .enum(['0', '1'])
  .optional()
  .transform((value) => value === '1');

/** Level of the log; `info` unless set. */
export const logLevel = z.enum(LOG_LEVELS).default('info');

/** Host to listen on; the loopback address unless set. */
export const listenHost = text.default('127.0.0.1');

const isPort = (value: string): boolean => /^\d{1,5}$/.test(value) && Number(value) <= 65_535;

/** Port to listen on; `fallback` unless set, 0 for any free one. */
export const listenPort = (fallback: number) =>
  z.string().refine(isPort, 'must be a port from 0 to 65535').transform(Number).default(fallback);

function isUrlOf(protocols: readonly string[]): (value: string) => boolean {
  return (value) => {
    const url = URL.parse(value);
    return url !== null && url.hostname !== '' && protocols.includes(url.protocol);
  };
}

/** Base address of an HTTP service, without the trailing slash. */
export const httpUrl = z
  .string()
  .refine(isUrlOf(['http:', 'https:']), 'must be an http or https address')
  .transform((value) => value.replace(/\/+$/, ''));

/** Connection string of PostgreSQL. Holds a password: never log it. */
export const postgresUrl = z
  .string()
  .refine(isUrlOf(['postgres:', 'postgresql:']), 'must be a postgres connection string');

/** Comma-separated `host:port` addresses of Kafka brokers. */
export const brokerList = z
  .string()
  .transform((value) => value.split(',').map((address) => address.trim()))
  .refine((list) => list.every((address) => /^[^\s:]+:\d{1,5}$/.test(address)), 'must be host:port, comma separated');
