import { createTransport, type Transporter } from 'nodemailer';
import type { Nudge, NudgeChannel, Sent } from './channels.js';
import { nudgeText } from './nudge-text.js';

/** The mail server that nudges leave by. */
export interface MailSettings {
  /** `smtp://user:password@host:587`, which must offer STARTTLS unless `?tls=never` is added, or `smtps://host:465`. */
  readonly url: string;
  /** The sender of every nudge. */
  readonly from: string;
}

const TIMEOUT_MS = 20_000;

/** Nudges as e-mail over SMTP. One connection pool to the one server; content-free texts. */
export class MailChannel implements NudgeChannel {
  readonly kind = 'email';
  private readonly transport: Transporter;

  constructor(private readonly settings: MailSettings) {
    const { protocol, hostname, port, username, password, searchParams } = new URL(settings.url);
    const secure = protocol === 'smtps:';
    const never = searchParams.get('tls') === 'never';
    this.transport = createTransport({
      pool: true,
      maxConnections: 4,
      host: hostname,
      port: Number(port || (secure ? 465 : 587)),
      secure,
      requireTLS: !secure && !never,
      ignoreTLS: never,
      ...(username ? { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } } : {}),
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  /** What the schema lets through can be sent to. */
  refusalOf(): undefined {
    return undefined;
  }

  async send(address: string, nudge: Nudge): Promise<Sent> {
    const text = nudgeText(nudge);
    try {
      await this.transport.sendMail({
        from: this.settings.from,
        // An object: the address is taken as it is, and never read as a list.
        to: { name: '', address },
        subject: `Caravanserai: ${text}`,
        text: `${text}.\n`,
        // The same id when it is sent again: mail servers and readers drop what they have.
        messageId: `<${nudge.id}@nudge.caravanserai>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
      return { ok: true };
    } catch (error) {
      return failureOf(error);
    }
  }

  close(): void {
    this.transport.close();
  }
}

/** A mailbox that the server refuses for good is the contact's fault; everything else is between the hub and the server. */
function failureOf(error: unknown): Sent {
  const { responseCode, command } = error as { responseCode?: number; command?: string };
  if (command === 'RCPT TO' && responseCode !== undefined && responseCode >= 500) {
    return { ok: false, blame: 'target', reason: 'The mail server refuses the mailbox.' };
  }
  return { ok: false, blame: 'way', reason: 'The mail server could not be reached or did not take the mail.' };
}
