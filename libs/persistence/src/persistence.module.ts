import { type DynamicModule, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type DatabaseSettings, dataSourceOptions } from './data-source-options.js';
import { DatabaseCheck } from './database-check.js';
import { assertSchemaCurrent } from './migrations.js';

@Injectable()
class SchemaGuard implements OnModuleInit {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async onModuleInit(): Promise<void> {
    await assertSchemaCurrent(this.dataSource);
  }
}

/**
 * One PostgreSQL data source for the whole app; inject `DataSource`. The app refuses to start on a schema that is older or newer than its
 * migrations, and is not ready while the database does not answer. Needs `TelemetryModule`. The pool closes after Nest's consumers and HTTP server have closed.
 */
@Module({})
export class PersistenceModule {
  static forRoot(settings: DatabaseSettings): DynamicModule {
    return {
      module: PersistenceModule,
      imports: [TypeOrmModule.forRoot({ ...dataSourceOptions(settings), retryAttempts: 10, retryDelay: 500 })],
      providers: [SchemaGuard, DatabaseCheck],
    };
  }
}
