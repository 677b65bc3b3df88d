import { fileTypeFromBuffer } from 'file-type';
import { type AttachmentMediaType, attachmentMediaType } from '#libs/contracts';
import { SeraiError } from '#libs/errors';

const TEXTS: readonly AttachmentMediaType[] = ['text/plain', 'text/csv'];
const CONTROL = /[^\P{Cc}\t\n\f\r]/u;

/**
 * Type of a file by its bytes, never by its name: what file-type recognises, and text in UTF-8. Undefined for everything that may not be attached.
 *
 * @param hint says which kind of text a text is
 */
export async function mediaTypeOf(bytes: Uint8Array, hint?: string): Promise<AttachmentMediaType | undefined> {
  const found = await fileTypeFromBuffer(bytes);
  if (found) return attachmentMediaType.safeParse(found.mime).data;
  if (!isText(bytes)) return undefined;
  return TEXTS.find((type) => type === hint) ?? 'text/plain';
}

/** @throws SeraiError ERR_ATTACHMENT_TYPE when the bytes may not be attached, or are not of the type that was said */
export async function assertMediaType(bytes: Uint8Array, said: AttachmentMediaType): Promise<void> {
  const found = await mediaTypeOf(bytes, said);
  if (found === said) return;
  const what = found === undefined ? 'of a type that may not be attached' : `of type ${found}, not ${said}`;
  throw new SeraiError('ERR_ATTACHMENT_TYPE', `The bytes are ${what}.`);
}

function isText(bytes: Uint8Array): boolean {
  try {
    return !CONTROL.test(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return false;
  }
}
