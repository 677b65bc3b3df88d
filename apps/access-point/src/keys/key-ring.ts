import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LOGGER, type Logger } from '#libs/telemetry';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Identity } from '../identity.js';

const EVERY_MS = 5_000;

/**
 * Signs with the newest key that the directory calls active and that is held here: a rotation takes effect at its moment, a revocation as soon as it
 * is known, and neither needs a restart.
 */
@Injectable()
export class KeyRing implements OnApplicationBootstrap, OnModuleDestroy {
  /** Keys that the file does not hold either: no reason to read it again. */
  private readonly unheld = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private turning: Promise<void> = Promise.resolve();

  constructor(
    private readonly identity: Identity,
    private readonly community: CommunityDirectory,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.turn(), EVERY_MS);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.turning;
  }

  /** Takes the keys of now. */
  turn(now = new Date()): Promise<void> {
    this.turning = this.turning
      .then(() => this.turnTo(now))
      .catch((error: unknown) => {
        this.logger.warn({ err: error }, 'the keys of now can not be taken, it will be tried again');
      });
    return this.turning;
  }

  private async turnTo(now: Date): Promise<void> {
    if (!this.community.isLoaded) return;
    const { participant } = this.identity;
    const active = this.community.current.signingKeysOf(participant, now);
    const registered = this.community.current.keysOf(participant).map(({ key }) => key);
    const isAwaited = (kid: string): boolean => !this.identity.holds(kid) && !this.unheld.has(kid);
    if (registered.some(({ kid }) => isAwaited(kid))) await this.readAgain(registered.map(({ kid }) => kid));
    const [newest] = active
      .filter(({ kid }) => this.identity.holds(kid))
      .sort((one, other) => Date.parse(other.effectiveFrom) - Date.parse(one.effectiveFrom));
    if (!newest || newest.kid === this.identity.keystore.signer().kid) return;
    await this.identity.signWith(newest.kid);
    this.logger.info({ kid: newest.kid }, 'this access point signs with another key now');
  }

  private async readAgain(kids: readonly string[]): Promise<void> {
    await this.identity.reload();
    for (const kid of kids) if (!this.identity.holds(kid)) this.unheld.add(kid);
  }
}
