import { Agent, request } from 'node:http';

export interface ShopAnswer {
  status: number;
  body: Record<string, unknown>;
}

export interface ShopRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  token: string;
  body?: unknown;
  key?: string;
  /** the connection breaks when the answer begins to arrive: the server has done it, nobody hears of it */
  losesReply?: boolean;
}

const SOCKETS_MAX = 256;
const ANSWER_MS_MAX = 10_000;

/** Speaks JSON with one server over keep-alive connections, shared by all buyers. */
export class ShopClient {
  #url: URL;
  #agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX });

  constructor(url: string) {
    this.#url = new URL(url);
  }

  /** Sends one request; rejects when there is no answer, or when it was told to lose it. */
  send({ method, path, token, body, key, losesReply = false }: ShopRequest): Promise<ShopAnswer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request({
        host: this.#url.hostname,
        port: this.#url.port,
        agent: this.#agent,
        method,
        path,
        headers: {
          authorization: `Bearer ${token}`,
          ...(key !== undefined && { 'idempotency-key': key }),
          ...(text !== undefined && {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(text),
          }),
        },
      }, (answer) => {
        if (losesReply) {
          sent.destroy(new Error('the reply was lost'));
          return;
        }
        let said = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => { said += chunk; });
        answer.on('error', reject);
        answer.on('end', () => {
          const parsed = said === '' ? {} : JSON.parse(said) as Record<string, unknown>;
          resolve({ status: answer.statusCode ?? 0, body: parsed });
        });
      });
      sent.setTimeout(ANSWER_MS_MAX, () => sent.destroy(new Error('no answer in time')));
      sent.on('error', reject);
      sent.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
