import { z } from 'zod';
import { httpUrl, readEnvironment, secret, text } from '#libs/config';
import { SeraiError } from '#libs/errors';
import type { BlobStore } from './blob-store.js';
import { FolderBlobStore } from './folder-blob-store.js';
import type { BucketPlace } from './s3-blob-store.js';

/** Where blobs lie. */
export type BlobPlace = { readonly folder: string } | BucketPlace;

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const BUCKET = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])$/;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

const isPlace = (value: string): boolean => !SCHEME.test(value) || BUCKET.test(value);

function isPrivate(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'https:' || LOOPBACK.test(hostname);
}

const service = z.object({
  SERAI_STORAGE_ENDPOINT: httpUrl.refine(isPrivate, 'must be an https address, or http on the loopback address'),
  SERAI_STORAGE_REGION: text.default('us-east-1'),
  SERAI_STORAGE_ACCESS_KEY: text,
  SERAI_STORAGE_SECRET_KEY: secret,
});

/**
 * Reads where attachments lie: the path of a folder, or `s3://bucket` together with `SERAI_STORAGE_ENDPOINT`, `_REGION`, `_ACCESS_KEY` and `_SECRET_KEY`.
 *
 * @param variable the app's own variable that names the place
 * @throws SeraiError `ERR_CONFIG_INVALID`
 */
export function readBlobPlace(env: NodeJS.ProcessEnv, variable: string): BlobPlace {
  const place = readEnvironment(env, z.object({ [variable]: text }))[variable] ?? '';
  if (!isPlace(place)) {
    throw new SeraiError('ERR_CONFIG_INVALID', `Wrong configuration: ${variable} must be a path or s3://bucket.`);
  }
  const bucket = BUCKET.exec(place)?.[1];
  if (bucket === undefined) return { folder: place };
  const values = readEnvironment(env, service);
  return {
    bucket,
    endpoint: values.SERAI_STORAGE_ENDPOINT,
    region: values.SERAI_STORAGE_REGION,
    accessKeyId: values.SERAI_STORAGE_ACCESS_KEY,
    secretAccessKey: values.SERAI_STORAGE_SECRET_KEY,
  };
}

/** The store at a place. The client of buckets is loaded only where one is used: it takes 20 MB of memory. */
export async function openBlobStore(place: BlobPlace): Promise<BlobStore> {
  if ('folder' in place) return new FolderBlobStore(place.folder);
  const { S3BlobStore } = await import('./s3-blob-store.js');
  return new S3BlobStore(place);
}
