import { Column, Entity, type MigrationInterface, PrimaryColumn, type QueryRunner } from 'typeorm';

/** A balance, for transactions that collide. */
@Entity('account')
export class Account {
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'account_pkey' })
  id!: number;

  @Column({ type: 'integer' })
  balance!: number;
}

export class CreateAccounts implements MigrationInterface {
  readonly name = 'CreateAccounts1763776800001';

  async up(session: QueryRunner): Promise<void> {
    // Long enough that a second migrator without the lock would run into it.
    await session.query('select pg_sleep(0.2)');
    await session.query('create table account (id integer primary key, balance integer not null)');
    await session.query('insert into account values (1, 100), (2, 100)');
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('drop table account');
  }
}

export class AddOwner implements MigrationInterface {
  readonly name = 'AddOwner1763776800002';

  async up(session: QueryRunner): Promise<void> {
    await session.query('alter table account add column owner text');
  }

  async down(session: QueryRunner): Promise<void> {
    await session.query('alter table account drop column owner');
  }
}
