import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SeraiError } from '#libs/errors';
import { ErasedRecords } from './erased-records.js';
import { RecordCipher } from './record-cipher.js';
import { eraseRecords, findSealedRecords, insertSealedRecords } from './vault.repository.js';

/** Everything that this access point keeps of what people wrote, encrypted at rest, by record id. */
@Injectable()
export class Vault {
  constructor(
    private readonly cipher: RecordCipher,
    private readonly erased: ErasedRecords,
  ) {}

  async store(tx: EntityManager, contents: readonly { recordId: string; content: unknown }[]): Promise<void> {
    if (contents.length === 0) return;
    await insertSealedRecords(
      tx,
      contents.map(({ recordId, content }) => this.cipher.seal(recordId, content)),
    );
  }

  /** Destroys keys, and with them what they open, wherever it is. */
  erase(tx: EntityManager, recordIds: readonly string[]): Promise<void> {
    return eraseRecords(tx, recordIds);
  }

  /** @throws SeraiError ERR_CONTENT_ERASED when the record's key was destroyed; ERR_STORAGE_UNAVAILABLE */
  async read(manager: EntityManager, recordId: string): Promise<unknown> {
    const contents = await this.readAll(manager, [recordId]);
    if (contents.has(recordId)) return contents.get(recordId);
    throw new SeraiError('ERR_CONTENT_ERASED', 'The content was erased: its key was destroyed.', {
      detail: { recordId },
    });
  }

  /**
   * The contents that were not erased, by record id.
   *
   * @throws SeraiError ERR_STORAGE_UNAVAILABLE while it is not known what was erased
   */
  async readAll(manager: EntityManager, recordIds: readonly string[]): Promise<Map<string, unknown>> {
    if (recordIds.length === 0) return new Map();
    this.erased.assertKnown();
    const sealed = await findSealedRecords(manager, recordIds);
    return new Map(sealed.map((record) => [record.recordId, this.cipher.open(record)]));
  }
}
