import { Injectable } from '@nestjs/common';
import type { Caller } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { HubDirectory } from '#libs/hub';

/** Knows the participants that have a desk of the Secretariat, which only the chairs can open. */
@Injectable()
export class Secretariat {
  constructor(private readonly directory: HubDirectory) {}

  /** @throws SeraiError ERR_CALLER_NOT_ENTITLED */
  assertIs({ participant }: Caller): void {
    const desks = this.directory.current.desks(new Date());
    if (desks.some((desk) => desk.participant === participant && desk.kind === 'SECRETARIAT')) return;
    throw new SeraiError('ERR_CALLER_NOT_ENTITLED', 'Only the Secretariat may ask for this.', {
      detail: { participant },
    });
  }
}
