import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FeedEntry, type FeedPage, feedEntry } from '#libs/contracts';

/** What becomes of an entry on the way: another one, or none. */
export type Lie = (entry: FeedEntry) => FeedEntry | undefined;

/** Somebody between access points and the hub's feeds: hands everything on byte for byte, until told to lie to a participant. */
export class FeedRelay {
  /** Where the feeds really are; 502 until it is known. */
  target: string | undefined;
  /** By the URN of a participant. */
  readonly lies = new Map<string, Lie>();
  private readonly server = http.createServer((request, response) => this.relay(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private relay(request: http.IncomingMessage, response: http.ServerResponse): void {
    if (this.target === undefined) return void response.writeHead(502).end();
    const { method, headers } = request;
    const url = new URL(request.url ?? '/', this.target);
    const onward = http.request(url, { method, headers: { ...headers, host: url.host } }, (answer) =>
      this.answer(callerOf(headers.authorization), answer, response),
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }

  private answer(caller: string, answer: http.IncomingMessage, response: http.ServerResponse): void {
    const { 'content-length': _changes, ...headers } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, headers);
    answer.on('error', () => response.destroy());
    const isStream = headers['content-type']?.startsWith('text/event-stream');
    let rest = '';
    answer.setEncoding('utf8').on('data', (text: string) => {
      rest += text;
      if (!isStream) return;
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) response.write(this.block(caller, block));
    });
    answer.on('end', () => response.end(isStream ? rest : this.page(caller, rest)));
  }

  /** One server-sent event or comment. */
  private block(caller: string, block: string): string {
    const lie = this.lies.get(caller);
    const data = /^data: (.*)$/m.exec(block)?.[1];
    if (!lie || data === undefined) return `${block}\n\n`;
    const entry = lie(feedEntry.parse(JSON.parse(data)));
    return entry ? `id: ${entry.sequence}\nevent: entry\ndata: ${JSON.stringify(entry)}\n\n` : '';
  }

  private page(caller: string, text: string): string {
    const lie = this.lies.get(caller);
    if (!lie || !text.startsWith('{"participant"')) return text;
    const page = JSON.parse(text) as FeedPage;
    return JSON.stringify({ ...page, entries: page.entries.flatMap((entry) => lie(entry) ?? []) });
  }
}

function callerOf(authorization = ''): string {
  const payload = authorization.split('.')[1];
  return payload ? (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iss: string }).iss : '';
}
