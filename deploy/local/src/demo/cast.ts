import { passwordLogin, SeraiClient } from '#libs/client';
import { participantUrnOf } from '#libs/contracts';
import { LocalError } from '../local-error.js';

/** What the demo needs to know of a running community; part of the run file. */
export interface RunningCommunity {
  readonly issuer: string;
  /** Path of the pinned root keys. */
  readonly rootKeys: string;
  readonly participants: readonly { readonly id: string; readonly urn: string; readonly accessPoint: string }[];
  readonly officers: readonly {
    readonly login: string;
    readonly password: string;
    readonly name: string;
    readonly participant: string;
    readonly desks: readonly string[];
  }[];
}

export const deskUrn = (participant: string, name: string): string => `urn:serai:desk:${participant}:${name}`;
export const participantUrn = participantUrnOf;

/** The officers of the demo, each with a client of their own access point. */
export class Cast {
  private readonly clients = new Map<string, SeraiClient>();

  constructor(
    readonly community: RunningCommunity,
    /** Milliseconds that a step goes on while something does not answer. */
    readonly patienceMs: number,
  ) {}

  /** Client of an officer by log-in name, acting for the first of their desks. */
  officer(login: string): SeraiClient {
    const known = this.clients.get(login) ?? this.connect(login);
    this.clients.set(login, known);
    return known;
  }

  nameOf(login: string): string {
    return this.find(login).name;
  }

  private connect(login: string): SeraiClient {
    const { issuer, participants } = this.community;
    const { password, participant: urn, desks } = this.find(login);
    const baseUrl = participants.find((one) => one.urn === urn)?.accessPoint ?? '';
    const { patienceMs } = this;
    const token = passwordLogin({ issuer, participant: urn, patienceMs }, login, password);
    return new SeraiClient({ baseUrl, token, desk: desks[0], purpose: 'INVESTIGATION', patienceMs });
  }

  private find(login: string): RunningCommunity['officers'][number] {
    const officer = this.community.officers.find((one) => one.login === login);
    if (officer) return officer;
    throw new LocalError('ERR_LOCAL_NOT_RUNNING', `The running community has no officer with the log-in ${login}.`);
  }
}
