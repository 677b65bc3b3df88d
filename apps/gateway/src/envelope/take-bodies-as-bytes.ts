import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ENVELOPE_MEDIA_TYPE, MAX_BATCH_BYTES, MAX_ENVELOPE_BYTES, UPLOAD_MEDIA_TYPE } from '#libs/contracts';
import { leaveBodyUnread } from '#libs/telemetry';

/**
 * Bodies stay bytes until the caller is known, and what declares to be too large is refused before it is read. An envelope has to stay as it was
 * signed anyway.
 */
export function takeBodiesAsBytes(app: NestFastifyApplication): void {
  const asBytes = (_request: unknown, body: Buffer, done: (error: Error | null, body: Buffer) => void) =>
    done(null, body);
  app.useBodyParser(ENVELOPE_MEDIA_TYPE, { bodyLimit: MAX_ENVELOPE_BYTES }, asBytes);
  app.useBodyParser('application/json', { bodyLimit: MAX_BATCH_BYTES }, asBytes);
  // The bytes of an upload are not collected at all: they are stored as they come.
  leaveBodyUnread(app, UPLOAD_MEDIA_TYPE);
}
