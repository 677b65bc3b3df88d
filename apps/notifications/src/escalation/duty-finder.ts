import { Injectable } from '@nestjs/common';
import type { EscalationRung } from '#libs/contracts';
import { HubDirectory } from '#libs/hub';
import { addressesOf } from '../nudge/contact-address.js';
import type { DeskPreferences } from '../preferences/preferences.repository.js';
import type { Escalation } from './escalation.entity.js';
import { onDuty } from './roster.js';

/** Settings in force, by desk. */
export type Settings = ReadonlyMap<string, DeskPreferences>;

/** Finds out who is on duty: from the roster of the desk, for the supervisor from that of the country's coordination centre first. */
@Injectable()
export class DutyFinder {
  constructor(private readonly directory: HubDirectory) {}

  coordinationDesks(participant: string, at: Date): string[] {
    return this.directory.current
      .desks(at)
      .filter((desk) => desk.participant === participant && desk.kind === 'NCC')
      .map(({ id }) => id);
  }

  addressesOf({ desk, addressee }: Escalation, rung: EscalationRung, settings: Settings, at: Date) {
    const desks = rung === 'SUPERVISOR' ? [...this.coordinationDesks(addressee, at), desk] : [desk];
    for (const candidate of desks) {
      const found = this.addressesAt(candidate, rung, settings, at);
      if (found.length > 0) return found;
    }
    return [];
  }

  private addressesAt(desk: string, rung: EscalationRung, settings: Settings, at: Date) {
    const zone = this.directory.current.deskAt(desk, at)?.timeZone;
    const nudges = settings.get(desk)?.nudges;
    if (zone === undefined || nudges?.roster === undefined) return [];
    const names = onDuty(nudges.roster, rung, zone, at);
    return nudges.contacts
      .filter(({ name }) => names.has(name))
      .flatMap(addressesOf)
      .map((address) => ({ desk, ...address }));
  }
}
