/** The operator's API as the command line calls it. */
export interface OperatorClient {
  /** @throws CommandFault with the API's own words, or that it cannot be reached */
  get<Answer>(path: string, query?: Record<string, string>): Promise<Answer>;
  /** the same, of a change */
  post<Answer>(path: string, body: object): Promise<Answer>;
  put<Answer>(path: string, body: object): Promise<Answer>;
  /** server-sent events until the connection ends; a fault of its own while it is away */
  follow(path: string, query: Record<string, string>): AsyncGenerator<StreamedEvent>;
}

export interface StreamedEvent {
  event: string;
  id: string;
  data: string;
}

/** What went wrong, in one sentence for whoever typed the command. */
export class CommandFault extends Error {
  /** nobody has answered: it may be worth another attempt */
  isAway = false;
}

const ANSWER_MS_MAX = 60_000;

export function createOperatorClient({ url, token }: { url: string; token: string }): OperatorClient {
  async function call<Answer>(method: string, target: URL, body?: object): Promise<Answer> {
    const reply = await open(target, {
      method,
      ...body !== undefined && {
        body: JSON.stringify(body), headers: { 'content-type': 'application/json' },
      },
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    return await reply.json() as Answer;
  }

  async function open(target: URL, { headers, ...request }: RequestInit): Promise<Response> {
    let reply: Response;
    try {
      reply = await fetch(target, { ...request, headers: { ...headers, authorization: `Bearer ${token}` } });
    } catch (error) {
      throw awayFrom(target, error);
    }
    if (reply.ok) return reply;
    const { code = '', title = 'The answer is no problem+json.', detail = '' } = await readProblem(reply);
    throw new CommandFault(`${reply.status} ${code}: ${title} ${detail}`.trim());
  }

  async function* follow(path: string, query: Record<string, string>): AsyncGenerator<StreamedEvent> {
    const target = addressOf(path, query);
    const { body } = await open(target, {});
    let text = '';
    try {
      for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const frames = (text + part).split('\n\n');
        text = frames.pop() ?? '';
        for (const frame of frames) {
          const event = readFrame(frame);
          if (event !== undefined) yield event;
        }
      }
    } catch (error) {
      throw awayFrom(target, error);
    }
  }

  function addressOf(path: string, query: Record<string, string>): URL {
    const target = new URL(path, url);
    target.search = new URLSearchParams(query).toString();
    return target;
  }

  return {
    get: (path, query = {}) => call('GET', addressOf(path, query)),
    follow,
    post: (path, body) => call('POST', new URL(path, url), body),
    put: (path, body) => call('PUT', new URL(path, url), body),
  };
}

function awayFrom(target: URL, error: unknown): CommandFault {
  const fault = new CommandFault(`${target.origin} cannot be reached: ${reasonOf(error)}`, { cause: error });
  fault.isAway = true;
  return fault;
}

/** Undefined for a comment, and for what has no id. */
function readFrame(frame: string): StreamedEvent | undefined {
  const fields = new Map(frame.split('\n').map((line): [string, string] => {
    const at = line.indexOf(': ');
    return [line.slice(0, at), line.slice(at + 2)];
  }));
  const [event, id, data] = [fields.get('event'), fields.get('id'), fields.get('data')];
  return event === undefined || id === undefined || data === undefined ? undefined : { event, id, data };
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
}

async function readProblem(reply: Response): Promise<{ code?: string; title?: string; detail?: string }> {
  try {
    return await reply.json() as { code?: string };
  } catch {
    return {};
  }
}
