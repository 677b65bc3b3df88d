export { type BlobPlace, openBlobStore, readBlobPlace } from './blobs/blob-place.js';
export type { BlobStore } from './blobs/blob-store.js';
export type { BucketPlace } from './blobs/s3-blob-store.js';
export {
  ATTACHMENT_KEY_BYTES,
  decryptAttachment,
  decryptStream,
  encryptAttachment,
  encryptStream,
} from './cipher/attachment-cipher.js';
export { cutIntoSegments } from './cipher/segments.js';
export type { StreamParameters } from './cipher/stream-parameters.js';
export { assertMediaType, mediaTypeOf } from './media-type.js';
export { PART_BYTES, putPart, readParts, removeParts, type StoredBytes } from './uploads/parts.js';
export { ResumableUploads, type UploadAnswer, type UploadRequest } from './uploads/resumable-uploads.js';
export type { NewUpload, Upload, UploadBook } from './uploads/upload-book.js';
