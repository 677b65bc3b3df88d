/** An upload as its keeper's table knows it. */
export interface Upload {
  readonly attachmentId: string;
  readonly blobId: string;
  /** Size of the whole. */
  readonly bytes: number;
  /** How many of them are durable: a multiple of the part size until all are there. */
  readonly received: number;
}

/** An upload that is about to begin. */
export interface NewUpload {
  readonly bytes: number;
  /** `Upload-Metadata`, decoded. */
  readonly metadata: Readonly<Record<string, string | null>>;
}

/** What one caller's uploads are kept in. Both the hub and access points take uploads, each with a table of its own. */
export interface UploadBook {
  /** Begins an upload; returns its id. */
  begin(upload: NewUpload): Promise<string>;
  /** The caller's upload, if it has one with this id. */
  find(attachmentId: string): Promise<Upload | undefined>;
  /** Stores a part that begins at `offset`: durable when it resolves. */
  put(upload: Upload, offset: number, bytes: Uint8Array): Promise<void>;
  /** Counts bytes that have been stored; false when somebody else has counted others meanwhile. */
  advance(upload: Upload, from: number, to: number): Promise<boolean>;
  /** All bytes are stored: checks them and counts the last ones. Throws, and may forget the upload, when they are not what they should be. */
  finish(upload: Upload): Promise<void>;
}
