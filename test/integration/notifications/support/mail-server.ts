import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A mail as a server got it. */
export interface ReceivedMail {
  readonly to: string;
  readonly messageId: string;
  readonly subject: string;
  readonly raw: string;
}

/** A real SMTP server on a socket of its own; mailboxes that begin with `gone` it refuses for good. */
export class MailServer {
  readonly mails: ReceivedMail[] = [];
  /** True while every mail is turned away for now. */
  busy = false;
  /** Takes what comes, but never says so, while it is set. */
  silent = false;
  private readonly server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onRcptTo: ({ address }, _session, done) => {
      const refused = Object.assign(new Error('no such mailbox'), { responseCode: 550 });
      const later = Object.assign(new Error('try later'), { responseCode: 451 });
      if (address.startsWith('gone')) done(refused);
      else if (this.busy) done(later);
      else done();
    },
    onData: (stream, session, done) => {
      let raw = '';
      stream.on('data', (chunk: Buffer) => {
        raw += chunk.toString('utf8');
      });
      stream.once('end', () => {
        this.mails.push({
          to: session.envelope.rcptTo.map(({ address }) => address).join(),
          messageId: /^message-id: (.*)$/im.exec(raw)?.[1] ?? '',
          subject: /^subject: (.*)$/im.exec(raw)?.[1] ?? '',
          raw,
        });
        if (!this.silent) done();
      });
    },
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `smtp://127.0.0.1:${(this.server.server.address() as AddressInfo).port}?tls=never`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve));
  }

  to(mailbox: string): ReceivedMail[] {
    return this.mails.filter(({ to }) => to === mailbox);
  }
}
