import { DeleteObjectCommand, GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { BlobStore } from './blob-store.js';
import { storageFailure } from './storage-failure.js';

const ATTEMPTS = 3;
/** How long one attempt may take to connect, and one call with all its attempts and its bytes. */
const LIMITS = { connectMs: 3_000, callMs: 20_000 };

/** A bucket of an S3-compatible service, and how to enter it. The bucket exists already. */
export interface BucketPlace {
  readonly bucket: string;
  /** Base address of the service; the bucket is named in the path. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Blobs as objects of one bucket of an S3-compatible service, named in the path. A put that was answered is durable there, whole and at once, so
 * several instances may share a bucket; what an upload is made of stands in the database of its keeper, and nothing of it in the bucket.
 */
export class S3BlobStore implements BlobStore {
  private readonly client: S3Client;
  private readonly bucket: string;

  constructor(
    { bucket, endpoint, region, accessKeyId, secretAccessKey }: BucketPlace,
    private readonly limits = LIMITS,
  ) {
    this.bucket = bucket;
    this.client = new S3Client({
      endpoint,
      region,
      // Given, so that the client looks for none in files or at the metadata service of a cloud.
      credentials: { accessKeyId, secretAccessKey },
      forcePathStyle: true,
      maxAttempts: ATTEMPTS,
      // The signature covers the bytes; not every service knows the newer checksums beside it.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: limits.connectMs },
    });
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const command = new PutObjectCommand({ Bucket: this.bucket, Key: name, Body: bytes });
    await this.client.send(command, this.limited()).catch(fail);
  }

  async get(name: string): Promise<Buffer> {
    return this.read(name).catch(fail);
  }

  async find(name: string): Promise<Buffer | undefined> {
    return this.read(name).catch((error: unknown) => (error instanceof NoSuchKey ? undefined : fail(error)));
  }

  private async read(name: string): Promise<Buffer> {
    const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: name }), this.limited());
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  async remove(names: readonly string[]): Promise<void> {
    const removals = names.map((Key) =>
      this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key }), this.limited()),
    );
    await Promise.all(removals).catch(fail);
  }

  onApplicationShutdown(): void {
    this.client.destroy();
  }

  private limited() {
    return { abortSignal: AbortSignal.timeout(this.limits.callMs) };
  }
}

/** Keeps the words alone: an error of the client drags its sockets along, and the headers that open the service. */
function fail(thrown: unknown): never {
  const { name, message, code } = thrown as Error & { code?: string };
  throw storageFailure(Object.assign(new Error(message), { name, code }));
}
