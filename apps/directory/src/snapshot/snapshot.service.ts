import { Injectable } from '@nestjs/common';
import { v7 as uuid7 } from 'uuid';
import {
  type CloudEvent,
  DIRECTORY_SUBJECT,
  type DirectoryDelta,
  type DirectorySnapshot,
  directorySnapshotPublished,
  type HeaderOf,
} from '#libs/contracts';
import { signEnvelope } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { HubIdentity } from '#libs/hub';
import { orUnavailable } from '#libs/persistence';
import type { Directory } from '#libs/trust';
import { DirectoryOriginal } from '../change/directory-original.js';

/** A version of the directory with the statement that this service stands by it. */
interface StatedDirectory {
  readonly directory: Directory;
  /** Compact JWS. */
  readonly statement: string;
}

/** Hands out the directory. The statement of a version is signed once. */
@Injectable()
export class SnapshotService {
  private stated: { readonly version: number; readonly statement: Promise<string> } | undefined;

  constructor(
    private readonly original: DirectoryOriginal,
    private readonly identity: HubIdentity,
  ) {}

  /** The newest committed version. */
  async newest(): Promise<StatedDirectory> {
    const directory = await this.original
      .catchUp()
      .catch(orUnavailable('The directory can not be read now. Try again later.'));
    if (this.stated?.version !== directory.version) {
      this.stated = { version: directory.version, statement: this.sign(directory) };
    }
    return { directory, statement: await this.stated.statement };
  }

  /** Everything from the first change. */
  whole({ directory, statement }: StatedDirectory): DirectorySnapshot {
    const { realm, version, head } = directory;
    return { realm, version, head, changes: directory.changes(), statement };
  }

  /**
   * What came after a version.
   *
   * @throws SeraiError ERR_CURSOR_INVALID for a version that does not exist yet
   */
  since(version: number, stated: StatedDirectory): DirectoryDelta {
    const whole = this.whole(stated);
    if (version > whole.version) {
      throw new SeraiError('ERR_CURSOR_INVALID', `The directory has ${whole.version} versions. Ask since one of them.`);
    }
    return { ...whole, since: version, changes: whole.changes.slice(version) };
  }

  private async sign({ version, head }: Directory): Promise<string> {
    const header: HeaderOf<typeof directorySnapshotPublished> = { audience: '*', version, head };
    const event: CloudEvent = {
      specversion: '1.0',
      id: uuid7(),
      source: this.identity.urn,
      type: directorySnapshotPublished.type,
      subject: DIRECTORY_SUBJECT,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      realm: this.identity.realm,
      data: { header: { ...header } },
    };
    return (await signEnvelope(event, this.identity.signer)).jws;
  }
}
