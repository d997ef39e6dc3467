/**
 * Writes that may be sent again and never happen twice. The Idempotency-Key is made and kept (keep.js)
 * before the first byte is sent, and forgotten only when the answer is known: a lost reply, a reload or a
 * second click with the same content uses the same key, and the server answers again what it answered
 * before. What was refused left no trace there, so its key is dropped.
 *
 * @typedef {{ key: string, method: string, path: string, body: any, startedAtMs: number }} PendingWrite
 * @typedef {{ send(name: string, method: string, path: string, body?: unknown):
 *   Promise<import('./api.js').Answer | import('./api.js').Refused>, pending(name: string): PendingWrite |
 *   undefined, drop(name: string): void }} RepeatableWrites
 */

/**
 * A server that keeps failing in the same way is not waited for; the key stays, so that a click later is a
 * repeat.
 */
const INTERNAL_ERRORS_MAX = 5;

/**
 * @param {{ api: import('./api.js').Api, keep: import('./keep.js').Keep,
 *   connection: import('./connection.js').Connection }} parts `keep` is the sale's
 * @returns {RepeatableWrites}
 */
export function createRepeatableWrites({ api, keep, connection }) {
  const entry = (/** @type {string} */ name) => `write.${name}`;

  /** @type {RepeatableWrites['send']} */
  async function send(name, method, path, body) {
    const pending = writeFor(name, method, path, body);
    for (let attempt = 0, internalErrors = 0; ; attempt++) {
      const outcome = await api.request(method, path, { body: pending.body, key: pending.key });
      if (outcome.kind !== 'trouble') {
        keep.forget(entry(name));
        connection.well(name);
        return outcome;
      }
      if (outcome.status === 500 && ++internalErrors === INTERNAL_ERRORS_MAX) {
        connection.well(name);
        return { kind: 'refused', status: 500, code: outcome.code, problem: { traceId: outcome.traceId } };
      }
      await connection.trouble(name, attempt, outcome);
    }
  }

  /**
   * @param {string} name @param {string} method @param {string} path @param {unknown} body
   * @returns {PendingWrite}
   */
  function writeFor(name, method, path, body) {
    const before = pendingWrite(name);
    if (before !== undefined && sameWrite(before, { method, path, body })) return before;
    const made = { key: randomKey(), method, path, body, startedAtMs: Date.now() };
    keep.write(entry(name), made);
    return made;
  }

  /** @param {string} name @returns {PendingWrite | undefined} */
  function pendingWrite(name) {
    return keep.read(entry(name));
  }

  return { send, pending: pendingWrite, drop: (name) => keep.forget(entry(name)) };
}

/**
 * @param {{ method: string, path: string, body: unknown }} a
 * @param {{ method: string, path: string, body: unknown }} b
 */
function sameWrite(a, b) {
  return a.method === b.method && a.path === b.path && JSON.stringify(a.body) === JSON.stringify(b.body);
}

/** 128 random bits. Not crypto.randomUUID: that is missing where the page is served without TLS. */
function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
