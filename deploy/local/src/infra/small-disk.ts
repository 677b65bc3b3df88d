import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { LocalError } from '../local-error.js';

const run = promisify(execFile);
/** Takes only the memory that is used of it. */
const ROOM = '4g';
const ATTEMPTS = 200;

/**
 * A disk for one folder alone, in memory, that can be filled and freed as a whole: it becomes as small as what lies on it. Linux only, and only for users
 * who may mount.
 */
export class SmallDisk {
  private constructor(private readonly folder: string) {}

  /**
   * Puts a disk under a folder, which is made where it is missing.
   *
   * @param uid who owns it; root unless given
   * @throws LocalError ERR_LOCAL_NO_SMALL_DISK where there can be none
   */
  static async mount(folder: string, uid = 0): Promise<SmallDisk> {
    fs.mkdirSync(folder, { recursive: true });
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${ROOM},uid=${uid},mode=711`, 'tmpfs', folder]);
    } catch (cause) {
      const message = `No small disk can be mounted at ${folder}: run it on Linux as a user who may mount, or leave full disks out.`;
      throw new LocalError('ERR_LOCAL_NO_SMALL_DISK', message, { cause });
    }
    return new SmallDisk(folder);
  }

  /** Whether anything lies on it. */
  get isUsed(): boolean {
    return this.usedBytes > 0;
  }

  private get usedBytes(): number {
    const { blocks, bfree, bsize } = fs.statfsSync(this.folder);
    return (blocks - bfree) * bsize;
  }

  /** Leaves no room for another page, or for so many bytes. Whoever writes meanwhile makes it try again. */
  async fill(leavingBytes = 0): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.resize(String(this.usedBytes + leavingBytes));
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
      }
      await sleep(5);
    }
  }

  async free(): Promise<void> {
    await this.resize(ROOM);
  }

  /** Forgets what lies on it, once whoever works there has ended. */
  async unmount(): Promise<void> {
    await run('umount', ['-l', this.folder]);
  }

  private async resize(size: string): Promise<void> {
    await run('mount', ['-o', `remount,size=${size}`, this.folder]);
  }
}
