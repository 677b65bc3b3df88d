import { isSeraiError, type SeraiError } from '#libs/errors';
import {
  type Checkpoint,
  cosignersOf,
  type Note,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  parseTlogProof,
  quorumMet,
  serialiseNote,
  type TlogProof,
  type VerifiedCheckpoint,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
} from '#libs/transparency-log';
import type { Directory, LogPolicyRecord } from '#libs/trust';
import type { LogFiles } from '../pack/pack-files.js';
import { demand, type Report, RuleError } from './report.js';

/** A checkpoint that its log signed and enough witnesses cosigned, under the policy in force then. */
export interface WitnessedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** When the quorum was complete, by the clocks of the witnesses. */
  readonly witnessedAt: Date;
  /** Names that the policy gives to those who cosigned. */
  readonly witnesses: readonly string[];
  /** From when on the policy holds. */
  readonly policyFrom: string;
}

/** A leaf that is proven to be in a log. */
export interface ProvenLeaf {
  readonly index: number;
  readonly witnessed: WitnessedCheckpoint;
}

/** Judges checkpoints by the log policies of a directory; the same checkpoint once. */
export class CheckpointJudge {
  readonly #known = new Map<string, WitnessedCheckpoint>();

  constructor(private readonly directory: Directory) {}

  /**
   * A cosignature counts when its witness was named by the policy that was in force at the time of the cosignature: so an old policy cannot be used to have
   * new checkpoints believed.
   *
   * @throws SeraiError ERR_LOG_MALFORMED, ERR_LOG_SIGNATURE; RuleError of `witness-quorum`
   */
  judge(note: Note): WitnessedCheckpoint {
    const name = JSON.stringify([note.text, note.signatures]);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const { origin } = parseCheckpoint(note.text);
    const policies = this.directory
      .logPolicies()
      .filter(({ policy }) => policy.logs.some(({ key }) => key.name === origin));
    demand(policies.length > 0, `No log policy of the directory names the log ${printable(origin)}.`);
    const witnessed = this.#underAny(note, policies);
    this.#known.set(name, witnessed);
    return witnessed;
  }

  /** The newest policy first; what is told is how close the checkpoint came to being believed. */
  #underAny(note: Note, policies: readonly LogPolicyRecord[]): WitnessedCheckpoint {
    let closest: SeraiError | undefined;
    for (const record of [...policies].reverse()) {
      try {
        return this.#under(note, record);
      } catch (error) {
        if (!isSeraiError(error)) throw error;
        if (closest === undefined || error instanceof RuleError) closest = error;
      }
    }
    throw closest!;
  }

  #under(note: Note, record: LogPolicyRecord): WitnessedCheckpoint {
    const { policy } = record;
    const { origin } = parseCheckpoint(note.text);
    const logs = policy.logs.map(({ key }) => key).filter(({ name }) => name === origin);
    const verified = verifyCheckpoint(note, { origin, logs, witnesses: policy.witnesses.map(({ key }) => key) });
    const inForce = { ...verified, cosignatures: verified.cosignatures.filter((one) => this.#wasInForce(one, record)) };
    const witnessedAt = momentOfQuorum(inForce, record);
    if (witnessedAt === undefined) throw new RuleError('witness-quorum', tooFew(inForce, record));
    const { checkpoint } = verified;
    return { checkpoint, witnessedAt, witnesses: cosignersOf(policy, inForce), policyFrom: record.effectiveFrom };
  }

  #wasInForce({ timestamp = 0 }: { readonly timestamp?: number }, record: LogPolicyRecord): boolean {
    return this.directory.logPolicyAt(timeOf(timestamp)) === record;
  }
}

/** The earliest time of a cosignature at which, with those before it, there were enough; undefined when there never were. */
function momentOfQuorum(verified: VerifiedCheckpoint, { policy }: LogPolicyRecord): Date | undefined {
  const ordered = [...verified.cosignatures].sort((one, other) => (one.timestamp ?? 0) - (other.timestamp ?? 0));
  for (let count = 1; count <= ordered.length; count += 1) {
    const cosignatures = ordered.slice(0, count);
    if (quorumMet(policy, cosignersOf(policy, { ...verified, cosignatures }))) {
      return timeOf(cosignatures.at(-1)?.timestamp ?? 0);
    }
  }
  return undefined;
}

function tooFew(verified: VerifiedCheckpoint, { policy, effectiveFrom }: LogPolicyRecord): string {
  const names = cosignersOf(policy, verified);
  const asked = policy.groups.find(({ name }) => name === policy.quorum)?.threshold ?? 1;
  return `${names.length} of ${policy.witnesses.length} witnesses cosigned it (${names.join(', ') || 'none'}); the policy from ${effectiveFrom} on asks for ${asked}.`;
}

/** Times that no calendar has are in nobody's force. */
function timeOf(seconds: number): Date {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? new Date(0) : time;
}

/**
 * The newest checkpoints of a pack, one per log, and the older ones that lead to them.
 */
export class LogVerifier {
  readonly #newest = new Map<string, { readonly witnessed: WitnessedCheckpoint; readonly files: LogFiles }>();
  readonly #older = new Map<string, { readonly witnessed: WitnessedCheckpoint; readonly about: string }>();

  constructor(
    private readonly judge: CheckpointJudge,
    private readonly report: Report,
  ) {}

  get newest(): WitnessedCheckpoint[] {
    return [...this.#newest.values()].map(({ witnessed }) => witnessed);
  }

  async addNewest(files: LogFiles): Promise<void> {
    const about = `${files.folder}/checkpoint`;
    const witnessed = await this.#witnessed(about, () => parseNote(required(files.checkpoint)));
    if (witnessed === undefined) return;
    const { origin } = witnessed.checkpoint;
    if (this.#newest.has(origin))
      this.report.fail('checkpoint-signature', about, 'The pack has two newest checkpoints of one log.');
    this.#newest.set(origin, { witnessed, files });
  }

  /** Proves that a leaf is in a log. */
  async prove(
    about: string,
    {
      file,
      index,
      leafHash,
    }: { readonly file: Uint8Array | undefined; readonly index: number; readonly leafHash: Uint8Array },
  ): Promise<ProvenLeaf | undefined> {
    const proof = await this.#proof(about, file);
    if (proof === undefined) return undefined;
    const witnessed = await this.#witnessed(about, () => proof.checkpoint);
    if (witnessed === undefined) return undefined;
    const { size, root, origin } = witnessed.checkpoint;
    return this.report.attempt('inclusion', about, () => {
      demand(proof.index === index, `The proof is for leaf ${proof.index}, the opening for leaf ${index}.`);
      verifyInclusion({ index, size, leafHash, proof: proof.proof, root });
      this.#older.set(`${origin} ${size} ${root.toString('hex')}`, { witnessed, about });
      return { index, witnessed };
    });
  }

  /** After all leaves: every checkpoint that proved one must lead to the newest of its log. */
  async verifyConsistency(): Promise<void> {
    for (const { witnessed, about } of this.#older.values()) {
      const newest = this.#newest.get(witnessed.checkpoint.origin);
      await this.report.attempt('consistency', about, () => {
        demand(newest !== undefined, 'The pack has no newest checkpoint of this log.');
        leadsTo(witnessed.checkpoint, newest.witnessed.checkpoint, newest.files);
      });
    }
  }

  async #proof(about: string, file: Uint8Array | undefined): Promise<TlogProof | undefined> {
    try {
      return parseTlogProof(required(file));
    } catch (error) {
      if (!isSeraiError(error)) throw error;
      this.report.fail('inclusion', about, error.message);
      return undefined;
    }
  }

  async #witnessed(about: string, noteOf: () => Note): Promise<WitnessedCheckpoint | undefined> {
    const witnessed = await this.report.attempt('checkpoint-signature', about, () => this.judge.judge(noteOf()));
    if (witnessed !== undefined) await this.report.attempt('witness-quorum', about, () => undefined);
    return witnessed;
  }
}

/** @throws SeraiError ERR_LOG_PROOF, ERR_LOG_MALFORMED, ERR_EVIDENCE_RULE */
function leadsTo(older: Checkpoint, newest: Checkpoint, files: LogFiles): void {
  if (older.size === newest.size) {
    demand(
      older.root.equals(newest.root),
      'Two checkpoints of one size have different roots: the log shows two histories.',
    );
    return;
  }
  demand(older.size < newest.size, 'A message is proven under a newer checkpoint than the newest of the pack.');
  const path = `${files.folder}/from-${older.size}.consistency`;
  const file = files.consistency.find(([name]) => name === path)?.[1];
  demand(file !== undefined, `The proof ${path} is missing.`);
  const { oldSize, proof, checkpoint } = parseAddCheckpoint(file);
  demand(oldSize === older.size, `The proof begins at size ${oldSize}, not at ${older.size}.`);
  const isNewest = serialiseNote(checkpoint).equals(required(files.checkpoint));
  demand(isNewest, 'The proof leads to another checkpoint than the newest of the pack.');
  verifyConsistency({ oldSize, oldRoot: older.root, newSize: newest.size, newRoot: newest.root, proof });
}

function required(file: Uint8Array | undefined): Uint8Array {
  demand(file !== undefined, 'The file is missing.');
  return file;
}

function printable(origin: string): string {
  return JSON.stringify(origin.slice(0, 200));
}
