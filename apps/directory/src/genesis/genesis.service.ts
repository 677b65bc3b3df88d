import { readFile } from 'node:fs/promises';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { type SignedDirectoryChange, signedDirectoryChange } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { inTransaction } from '#libs/persistence';
import { LOGGER, type Logger } from '#libs/telemetry';
import { ChangeService } from '../change/change.service.js';
import { DirectoryChangeRepository } from '../change/directory-change.repository.js';
import { DirectoryOriginal } from '../change/directory-original.js';
import type { DirectoryConfig } from '../config.js';
import { DIRECTORY_CONFIG } from '../tokens.js';

/**
 * Founds an empty directory with the changes of the founding ceremony, once: a start that finds them there has nothing to do, a start with other ones is
 * refused. Either way the directory is folded before the app listens.
 */
@Injectable()
export class GenesisService implements OnModuleInit {
  constructor(
    @Inject(DIRECTORY_CONFIG) private readonly config: DirectoryConfig,
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly repository: DirectoryChangeRepository,
    private readonly changes: ChangeService,
    private readonly original: DirectoryOriginal,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    const { genesisPath } = this.config;
    const genesis = genesisPath === undefined ? undefined : await readGenesis(genesisPath);
    await inTransaction(this.dataSource, async (tx) => {
      // Two instances may start at once: the second finds what the first has founded.
      await this.repository.lock(tx);
      const { version } = await this.original.catchUp(tx);
      if (version === 0)
        return this.changes.submit(
          tx,
          required(genesis).map((change) => ({ change })),
        );
      if (genesis) assertSameBeginning(genesis, this.original.current.changes());
    });
    const { version, head } = await this.original.catchUp();
    this.logger.info({ version, head }, 'directory folded');
  }
}

async function readGenesis(path: string): Promise<SignedDirectoryChange[]> {
  try {
    return z
      .array(signedDirectoryChange)
      .min(1)
      .parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const remedy = 'Give a JSON array of signed changes.';
    throw new SeraiError('ERR_CONFIG_INVALID', `The founding changes in ${path} can not be read. ${remedy}`, { cause });
  }
}

function required(genesis: SignedDirectoryChange[] | undefined): SignedDirectoryChange[] {
  if (genesis) return genesis;
  throw new SeraiError(
    'ERR_CONFIG_INVALID',
    'The directory is empty: set SERAI_DIRECTORY_GENESIS to the file with its signed founding changes.',
  );
}

function assertSameBeginning(genesis: readonly SignedDirectoryChange[], held: readonly SignedDirectoryChange[]): void {
  if (genesis.every(({ payload }, index) => held[index]?.payload === payload)) return;
  throw new SeraiError(
    'ERR_CONFIG_INVALID',
    'SERAI_DIRECTORY_GENESIS names other founding changes than this directory began with. A directory has one beginning: give the file of then, or none.',
  );
}
