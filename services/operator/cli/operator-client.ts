/** The operator's API as the command line calls it. */
export interface OperatorClient {
  /** @throws CommandFault with the API's own words, or that it cannot be reached */
  get<Answer>(path: string, query?: Record<string, string>): Promise<Answer>;
}

/** What went wrong, in one sentence for whoever typed the command. */
export class CommandFault extends Error {}

const ANSWER_MS_MAX = 60_000;

export function createOperatorClient({ url, token }: { url: string; token: string }): OperatorClient {
  async function call<Answer>(method: string, target: URL): Promise<Answer> {
    let reply: Response;
    try {
      reply = await fetch(target, {
        method, headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(ANSWER_MS_MAX),
      });
    } catch (error) {
      throw new CommandFault(`${target.origin} cannot be reached: ${reasonOf(error)}`, { cause: error });
    }
    if (reply.ok) return await reply.json() as Answer;
    const { code = '', title = 'The answer is no problem+json.', detail = '' } = await readProblem(reply);
    throw new CommandFault(`${reply.status} ${code}: ${title} ${detail}`.trim());
  }

  return {
    get(path, query = {}) {
      const target = new URL(path, url);
      target.search = new URLSearchParams(query).toString();
      return call('GET', target);
    },
  };
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
