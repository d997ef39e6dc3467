import { get } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { awaitThat } from './await-that.ts';
import type { Teardown } from './teardown.ts';

export interface StreamedEvent {
  event: string;
  /** the id in force after it, as a browser keeps it */
  id: string;
  data: Record<string, unknown>;
}

/** A client of server-sent events that keeps all it was told. */
export interface EventClient {
  status: number;
  headers: IncomingHttpHeaders;
  events: StreamedEvent[];
  /** the whole text so far */
  text(): string;
  isEnded(): boolean;
  /** Waits for the n-th event, from 0. */
  nth(n: number): Promise<StreamedEvent>;
  close(): void;
}

/** Opens it and waits for the head of the answer; `lastId` is sent as Last-Event-ID. */
export function openEventStream(t: Teardown, address: string, lastId?: string): Promise<EventClient> {
  const events: StreamedEvent[] = [];
  let all = '';
  let parsed = 0;
  let id = '';
  let isEnded = false;
  return new Promise((resolve, reject) => {
    const headers = lastId === undefined ? {} : { 'last-event-id': lastId };
    const asking = get(address, { headers, agent: false }, (answer) => {
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => {
        all += text;
        for (let end = all.indexOf('\n\n', parsed); end >= 0; end = all.indexOf('\n\n', parsed)) {
          take(all.slice(parsed, end));
          parsed = end + 2;
        }
      });
      answer.on('close', () => { isEnded = true; });
      answer.on('error', () => undefined);
      resolve({
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        events,
        text: () => all,
        isEnded: () => isEnded,
        nth: (n) => awaitThat(`event ${n} of ${address}`, () => events[n]),
        close: () => asking.destroy(),
      });
    });
    asking.on('error', reject);
    t.teardown(() => { asking.destroy(); });
  });

  function take(block: string): void {
    const fields = new Map(block.split('\n').map((line) => {
      const at = line.indexOf(': ');
      return [line.slice(0, at), line.slice(at + 2)] as const;
    }));
    id = fields.get('id') ?? id;
    const event = fields.get('event');
    if (event !== undefined) events.push({ event, id, data: JSON.parse(fields.get('data') ?? '') });
  }
}
