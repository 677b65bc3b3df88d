import { Injectable } from '@nestjs/common';

/** What time it is for nudges; tests have one that they move themselves. */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }
}
