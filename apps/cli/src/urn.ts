import { deskUrn, participantUrn } from '#libs/contracts';
import { UsageError } from './failure.js';

/** `iq` or the whole URN of a participant. */
export function participantOf(text: string): string {
  const parsed = participantUrn.safeParse(text.includes(':') ? text : `urn:serai:participant:${text}`);
  if (parsed.success) return parsed.data;
  throw new UsageError(`"${text}" is no participant: write iq or urn:serai:participant:iq.`);
}

/** `iq:ncc` or the whole URN of a desk. */
export function deskOf(text: string): string {
  const parsed = deskUrn.safeParse(text.startsWith('urn:') ? text : `urn:serai:desk:${text}`);
  if (parsed.success) return parsed.data;
  throw new UsageError(`"${text}" is no desk: write iq:ncc or urn:serai:desk:iq:ncc.`);
}

/** The part of a URN that a reader needs: `iq`, `iq:ncc`. */
export const shortUrn = (urn: string): string => urn.replace(/^urn:serai:\w+:/, '');
