import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Bodies of this media type are left to the controller, which reads `request.raw` as a stream; no limit of size holds but the controller's own. */
export function leaveBodyUnread(app: NestFastifyApplication, mediaType: string): void {
  const unread = (_request: unknown, _body: unknown, done: (error: Error | null) => void) => done(null);
  app.getHttpAdapter().getInstance().addContentTypeParser(mediaType, unread);
}
