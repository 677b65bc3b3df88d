import { v7 as uuid7 } from 'uuid';
import {
  type CloudEvent,
  type HeaderOf,
  LOG_SUBJECT,
  loggedTopics,
  logProgressStated,
  serviceUrnOf,
  TOPICS,
} from '#libs/contracts';
import { frameEvent, type Keystore, signEnvelope } from '#libs/envelope';
import { KafkaRecordProducer } from '#libs/messaging';
import type { HubCommunity } from './hub-community.js';

type Statement = HeaderOf<typeof logProgressStated>;

/** Who says it, and as what. */
interface Speaker {
  readonly keystore?: Keystore;
  readonly event?: Partial<CloudEvent>;
}

const EVERY_MS = 200;
const EVERYTHING = 9n * 10n ** 18n;

/** The service `audit` as the others hear it: states how far the topics are in the log. What it says is what a test wants. */
export class StatedLog {
  /** What each statement says unless told otherwise: that everything is in the log, and witnessed. */
  current: Pick<Statement, 'size' | 'positions' | 'witnessed'>;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly community: HubCommunity,
    private readonly producer: KafkaRecordProducer,
  ) {
    const positions = loggedTopics().flatMap(({ name, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition, next: EVERYTHING.toString() })),
    );
    this.current = { size: 1, positions, witnessed: { size: 1, at: new Date().toISOString() } };
  }

  /** @param community with the service `audit` */
  static async of(community: HubCommunity): Promise<StatedLog> {
    const producer = new KafkaRecordProducer(community.connection());
    await producer.connect();
    return new StatedLog(community, producer);
  }

  /** Says all of it again and again from now on. */
  speak(): void {
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      this.sending = this.state().catch(() => undefined);
    }, EVERY_MS);
    this.timer.unref();
  }

  async fallSilent(): Promise<void> {
    clearInterval(this.timer);
    await this.sending;
  }

  /** One statement. */
  async state(changed: Partial<Statement> = {}, { keystore, event }: Speaker = {}): Promise<void> {
    const statedAt = new Date().toISOString();
    const origin = this.community.log!.origin;
    const header = { audience: '*', origin, complete: true, ...this.current, statedAt, ...changed };
    const draft: CloudEvent = {
      specversion: '1.0',
      id: uuid7(),
      source: serviceUrnOf('audit'),
      type: logProgressStated.type,
      subject: LOG_SUBJECT,
      time: statedAt,
      datacontenttype: 'application/json',
      realm: this.community.realm,
      data: { header },
      ...event,
    };
    const { jws } = await signEnvelope(draft, (keystore ?? this.community.services['audit']!).signer());
    await this.producer.send({ topic: TOPICS.auditProgress.name, key: LOG_SUBJECT, value: frameEvent(jws) });
  }

  async end(): Promise<void> {
    await this.fallSilent();
    await this.producer.disconnect();
  }
}
