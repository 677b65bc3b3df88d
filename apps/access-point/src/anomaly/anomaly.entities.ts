import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation, Unique } from 'typeorm';
import type { AnomalyOutcome, AnomalyRule } from '#libs/contracts';

/** What a rule found; rows are only ever added, what became of it stands in its steps. */
@Entity('anomaly_item')
@Unique('anomaly_item_once', ['rule', 'about', 'until'])
@Index('anomaly_item_of_subject', ['subject', 'itemId'])
export class AnomalyItem {
  @PrimaryColumn('uuid', { name: 'item_id' })
  itemId: string;

  @Column('text')
  rule: AnomalyRule;

  /** Whom and what it is about, in one word: what is found of the same again rests on newer records. */
  @Column('text')
  about: string;

  /** Of the officer concerned, in the words of the identity provider. */
  @Column('text', { nullable: true })
  subject: string | null;

  /** Pseudonym. */
  @Column('text', { nullable: true })
  officer: string | null;

  @Column('text', { nullable: true })
  participant: string | null;

  @Column('text', { nullable: true })
  desk: string | null;

  @Column('uuid', { name: 'leg_id', nullable: true })
  legId: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  from: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  until: Date;

  @Column('double precision')
  score: number;

  @Column('double precision')
  threshold: number;

  /** Ids of the newest audit records that it rests on. */
  @Column('uuid', { array: true })
  records: string[];

  @Column({ type: 'timestamptz', name: 'found_at', precision: 3 })
  foundAt: Date;
}

/** What was said of an item: each of the three once. */
@Entity('anomaly_step')
@Check('anomaly_step_kind', `step in ('QUESTION', 'ANSWER', 'CONCLUSION')`)
@Check('anomaly_step_outcome', `(outcome is not null) = (step = 'CONCLUSION')`)
@Check('anomaly_step_words', `(text is null) = (step = 'ANSWER') and (content_id is not null) = (step = 'ANSWER')`)
export class AnomalyStep {
  @PrimaryColumn('uuid', { name: 'item_id' })
  itemId: string;

  @ManyToOne(() => AnomalyItem, { onDelete: 'NO ACTION' })
  @JoinColumn({ name: 'item_id', foreignKeyConstraintName: 'anomaly_step_item' })
  item: Relation<AnomalyItem>;

  @PrimaryColumn('text')
  step: 'QUESTION' | 'ANSWER' | 'CONCLUSION';

  @Column({ type: 'timestamptz', precision: 3 })
  at: Date;

  @Column('text')
  subject: string;

  /** Pseudonym. */
  @Column('text')
  officer: string;

  /** Words of an auditor. */
  @Column('text', { nullable: true })
  text: string | null;

  /** Where the vault keeps the words of the officer. */
  @Column('uuid', { name: 'content_id', nullable: true })
  contentId: string | null;

  @Column('text', { nullable: true })
  outcome: AnomalyOutcome | null;
}
