import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import { envelopeAccepted, type LegState, type MessageContract, statisticsIssued } from '#libs/contracts';
import { signEnvelope } from '#libs/envelope';
import {
  type BasisLeaf,
  countedEvent,
  type LogRecord,
  leafEntry,
  messageHashOf,
  pairClassesOf,
  STATISTICS_RULES,
  StatisticsCount,
  type StatisticsFile,
  serialiseBasisLeaf,
} from '#libs/evidence';
import { type Note, serialiseNote } from '#libs/transparency-log';
import { Directory } from '#libs/trust';
import { EvidenceWorkshop } from './evidence-workshop.js';
import type { Party } from './test-community.js';

const SECOND_MS = 1_000;

/** A leg that one participant's NCC has just sent to another's. */
export function submittedLeg(requester: string, addressee: string, submittedAt: string): LegState {
  const ncc = (participant: string) => ({ participant, desk: `urn:serai:desk:${participant.slice(-2)}:ncc` });
  return {
    legId: v7(),
    requestId: v7(),
    version: 1,
    status: 'SUBMITTED',
    kind: 'IDENTITY',
    priority: 'ROUTINE',
    requester: ncc(requester),
    addressee: ncc(addressee),
    submittedAt,
    clock: { state: 'NOT_STARTED', pausedMs: 0 },
    overdue: false,
    excused: false,
    reconsidered: false,
  };
}

/** A log with events of the service `requests`, and statistics of it. Every signature is real. */
export class StatisticsWorkshop {
  readonly basis: BasisLeaf[] = [];
  private offset = 0;

  private constructor(readonly workshop: EvidenceWorkshop) {}

  static async open(): Promise<StatisticsWorkshop> {
    return new StatisticsWorkshop(await EvidenceWorkshop.open());
  }

  get community() {
    return this.workshop.community;
  }

  /** So many legs that were submitted and answered, with records of other topics in between. */
  async exchange(legs: number): Promise<void> {
    for (let leg = 0; leg < legs; leg += 1) {
      const state = this.submitted();
      await this.event(state);
      this.record({ topic: 'requests.submissions', messageHash: messageHashOf(randomBytes(8)) });
      await this.event({ ...state, version: 2, status: 'ANSWERED', deliveredAt: this.now(), endedAt: this.now() });
    }
  }

  submitted(): LegState {
    const { rs, iq } = this.community;
    return submittedLeg(rs.urn, iq.urn, this.now());
  }

  /** Puts an event about a leg into the log. */
  async event(leg: LegState, by: Party = this.community.requests): Promise<void> {
    const envelope = { id: v7(), type: 'of.a.test', source: leg.requester.participant, sha256: messageHashOf('cause') };
    const audience = [leg.requester.participant, leg.addressee.participant];
    const header = { audience, envelope, acceptedAt: this.now(), leg };
    const { jws, event, sha256 } = await this.sign(by, envelopeAccepted, header, leg.legId);
    const { id, source: producer, type } = event;
    this.record({ topic: 'requests.events', messageHash: sha256, id, producer, producerSequence: '1', type }, jws);
  }

  /** As a line of the basis, and as a leaf of the log. */
  record(some: Pick<LogRecord, 'topic' | 'messageHash'> & Partial<LogRecord>, event?: string): void {
    this.offset += 1;
    const record = { acceptedAt: this.now(), offset: `${this.offset}`, partition: 0, ...some };
    const salt = randomBytes(32);
    const index = this.workshop.log.append(leafEntry(record, salt));
    this.basis.push({ index, record, salt, ...(event === undefined ? {} : { event }) });
  }

  checkpoint(size = this.basis.length, witnesses = 3): Note {
    const { log } = this.workshop;
    return log.checkpoint(size, { witnesses: log.witnesses.slice(0, witnesses), at: EvidenceWorkshop.at(600) });
  }

  /** What the audit service states: counted from the basis, but for what is changed. */
  async header(changed: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const period = { from: EvidenceWorkshop.at(0), to: EvidenceWorkshop.at(500) };
    const directory = await this.directory();
    const count = new StatisticsCount(
      { from: period.from.getTime(), to: period.to.getTime() },
      pairClassesOf(directory),
    );
    for (const { record, event } of this.basis) {
      if (event !== undefined) count.add(record.acceptedAt, await countedEvent(event, record.acceptedAt, directory));
    }
    return {
      audience: '*',
      rules: STATISTICS_RULES,
      from: period.from.toISOString(),
      to: period.to.toISOString(),
      checkpoint: serialiseNote(this.checkpoint()).toString(),
      directory: { version: directory.version, head: directory.head },
      table: count.table(),
      ...changed,
    };
  }

  async file(header?: Record<string, unknown>, by: Party = this.community.audit): Promise<StatisticsFile> {
    const { jws } = await this.sign(by, statisticsIssued, header ?? (await this.header()), v7(), 610);
    const statement = await this.community.statement(EvidenceWorkshop.at(620));
    return { statement: jws, directory: { changes: this.community.changes, statement } };
  }

  lines(basis: readonly BasisLeaf[] = this.basis): Buffer[] {
    return basis.map(({ salt, ...leaf }) =>
      Buffer.from(serialiseBasisLeaf({ ...leaf, salt: Buffer.from(salt).toString('base64url') })),
    );
  }

  /** A second for each leaf. */
  private now(): string {
    return new Date(EvidenceWorkshop.at(1).getTime() + this.offset * SECOND_MS).toISOString();
  }

  private async directory(): Promise<Directory> {
    let directory = Directory.empty(this.community.realm, this.workshop.roots);
    for (const change of this.community.changes) directory = await directory.apply(change);
    return directory;
  }

  private sign({ urn: source, signer }: Party, contract: MessageContract, header: object, subject: string, second = 5) {
    const chained = contract.channel.endsWith('.answers') ? {} : { producerseq: '1' };
    return signEnvelope(
      {
        specversion: '1.0',
        id: v7(),
        source,
        type: contract.type,
        subject,
        time: EvidenceWorkshop.at(second).toISOString(),
        datacontenttype: 'application/json',
        realm: this.community.realm,
        ...chained,
        data: { header: { ...header } },
      },
      signer,
    );
  }
}
