/**
 * One attempt at one request of the selling API, told in three kinds of outcome:
 * - answer: it was done, or here is what was asked for;
 * - refused: it was not done, and trying the same again gives the same (`code` from the catalogue of
 *   reasons);
 * - trouble: nobody knows. No connection, no answer in time, or a server that says "later". Whoever asked
 *   tries again, for a write with the same Idempotency-Key. It also learns the server's time from every
 *   answer, and gets the buyer a session when one is needed.
 *
 * @typedef {{ kind: 'answer', status: number, body: any, etag: string | null }} Answer
 * @typedef {{ kind: 'refused', status: number, code: string, problem: Record<string, any> }} Refused
 * @typedef {{ kind: 'trouble', status: number, code: string, retryAfterMs: number, traceId: string }}
 *   Trouble
 * @typedef {Answer | Refused | Trouble} Outcome
 * @typedef {{ body?: unknown, key?: string, etag?: string | null, anonymous?: boolean }} RequestOptions
 * @typedef {{ buyerId: string, token: string, expiresAt: string }} Session
 * @typedef {{ request(method: string, path: string, options?: RequestOptions): Promise<Outcome>,
 *   forgetSession(): void, sessionEndsBefore(ms: number): boolean }} Api
 */

/** A phone that changes cells leaves a request hanging; the selling path itself answers in milliseconds. */
const ANSWER_MS = 8_000;

/**
 * @param {{ clock: import('./server-clock.js').ServerClock, keep: import('./keep.js').Keep }} parts
 * @returns {Api}
 */
export function createApi({ clock, keep }) {
  /** @type {Promise<Outcome> | undefined} */
  let openingSession;

  /** @type {Api['request']} */
  async function request(method, path, options = {}) {
    if (options.anonymous) return attempt(clock, method, path, options, undefined);
    const session = await readSession();
    if (session.kind !== 'answer') return session;
    const outcome = await attempt(clock, method, path, options, session.body.token);
    // A session that the server no longer knows is of no use to anybody.
    if (outcome.kind === 'refused' && outcome.status === 401) keep.forget('session');
    return outcome;
  }

  /** @returns {Promise<Outcome>} an answer whose body is the session */
  async function readSession() {
    /** @type {Session | undefined} */
    const session = keep.read('session');
    if (session !== undefined && Date.parse(session.expiresAt) > clock.now()) {
      return { kind: 'answer', status: 200, body: session, etag: null };
    }
    // Two requests that both need a session must not become two buyers.
    openingSession ??= attempt(clock, 'POST', '/v1/sessions', {}, undefined).finally(() => {
      openingSession = undefined;
    });
    const outcome = await openingSession;
    if (outcome.kind === 'answer') keep.write('session', outcome.body);
    return outcome;
  }

  return {
    request,
    forgetSession: () => keep.forget('session'),
    sessionEndsBefore(ms) {
      /** @type {Session | undefined} */
      const session = keep.read('session');
      return session !== undefined && Date.parse(session.expiresAt) < ms;
    },
  };
}

/**
 * @param {import('./server-clock.js').ServerClock} clock
 * @param {string} method
 * @param {string} path
 * @param {RequestOptions} options
 * @param {string | undefined} token
 * @returns {Promise<Outcome>}
 */
async function attempt(clock, method, path, { body, key, etag }, token) {
  /** @type {Record<string, string>} */
  const headers = { accept: 'application/json' };
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  if (key !== undefined) headers['idempotency-key'] = key;
  if (etag) headers['if-none-match'] = etag;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const sentMs = Date.now();
  try {
    const response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    clock.learn(response.headers.get('date'), sentMs, Date.now());
    const text = await response.text();
    return judge(response, text === '' ? undefined : JSON.parse(text));
  } catch (error) {
    // No answer, half an answer, or one that is not JSON (somebody else's error page) are all the same to
    // the buyer.
    const code =
      error instanceof DOMException && error.name === 'TimeoutError' ? 'no_answer' : 'no_connection';
    return { kind: 'trouble', status: 0, code, retryAfterMs: 0, traceId: '' };
  }
}

/**
 * @param {Response} response
 * @param {any} body
 * @returns {Outcome}
 */
function judge(response, body) {
  const { status } = response;
  if (response.ok || status === 304) {
    return { kind: 'answer', status, body, etag: response.headers.get('etag') };
  }
  const code = typeof body?.code === 'string' ? body.code : 'internal_error';
  if (status >= 500 || status === 429 || status === 408) {
    const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1000 || 0;
    return {
      kind: 'trouble',
      status,
      code,
      retryAfterMs,
      traceId: response.headers.get('x-trace-id') ?? '',
    };
  }
  return { kind: 'refused', status, code, problem: body ?? {} };
}
