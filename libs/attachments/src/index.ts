export type { BlobStore } from './blobs/blob-store.js';
export { FolderBlobStore } from './blobs/folder-blob-store.js';
export { decryptStream, encryptStream } from './cipher/attachment-cipher.js';
export type { StreamParameters } from './cipher/stream-parameters.js';
export { PART_BYTES, readParts, removeParts, type StoredBytes } from './uploads/parts.js';
export { ResumableUploads, type UploadAnswer, type UploadRequest } from './uploads/resumable-uploads.js';
export type { NewUpload, Upload, UploadBook } from './uploads/upload-book.js';
