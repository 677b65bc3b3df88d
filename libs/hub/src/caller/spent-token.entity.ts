import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A caller token that was used: it opens nothing again, at no instance of this service. */
@Entity('spent_token')
@Index('spent_token_forget_at', ['forgetAt'])
export class SpentToken {
  /** SHA-256 of caller and `jti`: one size, whatever callers choose. */
  @PrimaryColumn({ type: 'bytea', primaryKeyConstraintName: 'spent_token_pkey' })
  token!: Buffer;

  /** Long after the token ended, by whichever instance's clock. */
  @Column({ name: 'forget_at', type: 'timestamptz' })
  forgetAt!: Date;
}
