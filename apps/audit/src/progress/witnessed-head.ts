import { Injectable } from '@nestjs/common';

/** The newest checkpoint that enough witnesses cosigned, as far as this process knows. */
@Injectable()
export class WitnessedHead {
  private newest: { readonly size: number; readonly at: Date } | undefined;

  get current(): { readonly size: number; readonly at: Date } | undefined {
    return this.newest;
  }

  /** @param at when the last cosignature of the quorum was made */
  reached(size: number, at: Date): void {
    this.newest = { size, at };
  }
}
