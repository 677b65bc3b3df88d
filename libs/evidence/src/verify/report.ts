import { isSeraiError, SeraiError } from '#libs/errors';

/** Names of what is checked, in the order in which it is. They are stable: tools and people may refer to them. */
export const RULES = {
  'pack-form': 'The file is an evidence pack in its one form, and no file in it is damaged.',
  'pack-manifest': 'The manifest lists every file, and nothing else, with its true length and hash.',
  'directory-chain': 'Every change of the directory is signed by whom its kind asks for, back to the pinned root keys.',
  'directory-statement': 'The directory service states that this is all of its directory, after the last message.',
  'checkpoint-signature': 'The log that the community believes signed the checkpoint.',
  'witness-quorum': 'Enough of the witnesses in force at that time cosigned the checkpoint.',
  inclusion: 'The leaf is in the log at its place.',
  consistency: 'The newest checkpoint contains everything that the older one did, unchanged.',
  'accepted-time': 'The hub says no later time of a message than the witnesses do.',
  'key-valid-at-time': 'The key of the signature was registered for its owner and in force at that time.',
  'envelope-signature': 'The envelope is in its form, and its signature is good.',
  'leaf-opening': 'The leaf of the log stands for exactly this envelope.',
  'envelope-of-leg': 'The envelope belongs to the leg of this pack.',
  'receipt-signature': 'The receipt is signed by the gateway, for exactly this envelope.',
  'log-order': 'No two messages share a place in the log, and each partition is logged in its order.',
  'producer-chain': 'Nobody signed two envelopes under one number, and neighbours name each other.',
  'leg-history':
    'The events of the hub tell every change of the leg from the first one on, and each has its cause in the pack.',
  'delivery-statement': 'The recipient itself states the delivery of exactly this request.',
  'read-statement': 'The recipient itself states that an officer opened the request.',
  summary: 'The summaries say what follows from the verified files, and nothing else.',
  entries: 'The export has every entry of the log up to its checkpoint.',
  root: 'The entries give the root that the checkpoint states.',
  'records-form': 'The file is an export of audit records in its one form.',
  'records-signature': 'The access point that the export names signed these records, unaltered.',
  'access-form': 'The file is the proof of an entry of an access log in its one form.',
  'access-commitment': 'The record commits to exactly this entry, at its place.',
  'joint-scope': 'The two exports are of one joint review, by two participants, and hold everything of the same time.',
  'joint-messages':
    'Each message that one of the two sent, and the hub accepted, the other one received with the same bytes.',
  'statistics-form': 'The file is issued statistics in its one form.',
  'statistics-signature': 'The audit service of the hub signed these statistics, unaltered.',
  'statistics-period': 'The period was over when the log was witnessed, and its rules of counting are known.',
  'basis-complete':
    'The basis opens every leaf of the log up to the checkpoint, each once and in its order, and has every event.',
  'statistics-table': 'Counting the basis gives exactly the table that is stated.',
} as const;

export type Rule = keyof typeof RULES;

/** One check and how it ended. */
export interface Check {
  readonly rule: Rule;
  /** Which file or folder it was about; absent where it was about the whole. */
  readonly about?: string;
  readonly holds: boolean;
  /** Why it does not hold. */
  readonly reason?: string;
}

/** What a check of evidence found. */
export interface Verdict<Facts> {
  readonly holds: boolean;
  readonly checks: readonly Check[];
  /** What follows; only when everything holds. */
  readonly facts?: Facts;
}

/** Collects checks: what cannot go on without a failed one is left out, everything else is still looked at. */
export class Report {
  readonly #checks: Check[] = [];

  get checks(): readonly Check[] {
    return this.#checks;
  }

  get holds(): boolean {
    return this.#checks.every((check) => check.holds);
  }

  /**
   * Does the work of one check; its result when it holds, undefined when it does not.
   *
   * @param faultsOf what is wrong with a result that others can go on with all the same
   */
  async attempt<T>(
    rule: Rule,
    about: string | undefined,
    work: () => T | Promise<T>,
    faultsOf: (result: T) => readonly string[] = () => [],
  ): Promise<T | undefined> {
    try {
      const result = await work();
      const faults = faultsOf(result);
      for (const fault of faults) this.#add(rule, about, fault);
      if (faults.length === 0) this.#add(rule, about, undefined);
      return result;
    } catch (error) {
      if (!isSeraiError(error)) throw error;
      this.#add(isRuleError(error) ? error.rule : rule, about, reasonOf(error));
      return undefined;
    }
  }

  /** @param facts what follows where everything holds */
  verdict<Facts>(facts?: Facts): Verdict<Facts> {
    const { holds, checks } = this;
    return { holds, checks, ...(holds && facts !== undefined ? { facts } : {}) };
  }

  fail(rule: Rule, about: string | undefined, reason: string): void {
    this.#add(rule, about, reason);
  }

  #add(rule: Rule, about: string | undefined, reason: string | undefined): void {
    this.#checks.push({
      rule,
      ...(about === undefined ? {} : { about }),
      holds: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
    });
  }
}

/** A failure that another rule has to answer for than the one whose work found it. */
export class RuleError extends SeraiError {
  constructor(
    readonly rule: Rule,
    reason: string,
  ) {
    super('ERR_EVIDENCE_RULE', reason);
  }
}

function isRuleError(error: SeraiError): error is RuleError {
  return error instanceof RuleError;
}

/** @throws SeraiError ERR_EVIDENCE_RULE with the reason, unless it holds */
export function demand(holds: boolean, reason: string): asserts holds {
  if (!holds) throw new SeraiError('ERR_EVIDENCE_RULE', reason);
}

/** What to tell whoever checks: the sentence of the error, and the step that failed. Both are about public bytes. */
export function reasonOf(error: SeraiError): string {
  const step = error.detail['step'] ?? error.detail['reason'];
  return typeof step === 'string' && !error.message.includes(step) ? `${error.message} (${step})` : error.message;
}
