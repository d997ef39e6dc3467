import t from 'tap';
import { loadBrowserModule } from '../load-browser-module.ts';

/**
 * The promise "every write can be repeated", seen from the browser: what is sent, under which key, and what a
 * reload finds. The network is a list of answers here; the real one is in test/browser.
 */
type Outcome =
  | { kind: 'answer'; status: number; body: unknown; etag: null }
  | { kind: 'refused'; status: number; code: string; problem: object }
  | { kind: 'trouble'; status: number; code: string; retryAfterMs: number; traceId: string };
interface Sent {
  method: string;
  path: string;
  body: unknown;
  key: string;
}
interface Writes {
  send(name: string, method: string, path: string, body?: unknown): Promise<Outcome>;
  pending(name: string): Sent | undefined;
}
interface Module {
  createRepeatableWrites(parts: object): Writes;
}

const { createRepeatableWrites } = await loadBrowserModule<Module>('repeatable-writes.js');
const ANSWER: Outcome = { kind: 'answer', status: 201, body: { holdId: 'h_1' }, etag: null };
const LOST: Outcome = { kind: 'trouble', status: 0, code: 'no_connection', retryAfterMs: 0, traceId: '' };
const BUSY: Outcome = { kind: 'trouble', status: 503, code: 'recovering', retryAfterMs: 0, traceId: '' };
const BROKEN: Outcome = { ...BUSY, status: 500, code: 'internal_error', traceId: 'T' };
const TAKEN: Outcome = { kind: 'refused', status: 409, code: 'seats_taken', problem: {} };
const BODY = { items: [{ seatIds: ['a', 'b'] }] };

function open(answers: Outcome[], storage = new Map<string, string>(), onTrouble = () => Promise.resolve()) {
  const sent: Sent[] = [];
  const keep = {
    read: (name: string) => JSON.parse(storage.get(name) ?? 'null') as unknown ?? undefined,
    write: (name: string, value: unknown) => void storage.set(name, JSON.stringify(value)),
    forget: (name: string) => void storage.delete(name),
  };
  const api = {
    request: (method: string, path: string, { body, key }: { body: unknown; key: string }) => {
      sent.push({ method, path, body, key });
      return Promise.resolve(answers.shift() ?? ANSWER);
    },
  };
  const connection = { trouble: onTrouble, well: () => undefined };
  return { sent, storage, writes: createRepeatableWrites({ api, keep, connection }) };
}

t.test('a lost reply is asked for again under the same key until the answer is known', async (t) => {
  const { sent, storage, writes } = open([LOST, BUSY, LOST, ANSWER]);
  t.equal(await writes.send('hold', 'POST', '/holds', BODY), ANSWER);
  t.equal(sent.length, 4);
  t.equal(new Set(sent.map(({ key }) => key)).size, 1);
  t.match(sent[0]?.key, /^[0-9a-f]{32}$/);
  t.equal(storage.size, 0, 'nothing is pending any more');
});

t.test('the key is kept before the first byte is sent, and a reload finds it', async (t) => {
  const storage = new Map<string, string>();
  // The page is gone while it waits for its second try.
  const first = open([LOST], storage, () => new Promise(() => undefined));
  void first.writes.send('order', 'POST', '/orders', BODY);
  await new Promise((resolve) => setImmediate(resolve));
  const second = open([ANSWER], storage);
  t.match(second.writes.pending('order'), { path: '/orders', body: BODY });
  await second.writes.send('order', 'POST', '/orders', BODY);
  t.equal(second.sent[0]?.key, first.sent[0]?.key);
});

t.test('what was refused left no trace: the next try has its own key', async (t) => {
  const { sent, writes } = open([TAKEN, ANSWER]);
  t.equal(await writes.send('hold', 'POST', '/holds', BODY), TAKEN);
  t.equal(writes.pending('hold'), undefined);
  await writes.send('hold', 'POST', '/holds', BODY);
  t.not(sent[0]?.key, sent[1]?.key);
});

t.test('another payload never goes under a key that may be in use', async (t) => {
  const storage = new Map<string, string>();
  const first = open([LOST], storage, () => new Promise(() => undefined));
  void first.writes.send('hold', 'POST', '/holds', BODY);
  await new Promise((resolve) => setImmediate(resolve));
  const second = open([ANSWER], storage);
  await second.writes.send('hold', 'POST', '/holds', { items: [{ seatIds: ['c'] }] });
  t.not(second.sent[0]?.key, first.sent[0]?.key);
});

t.test('a server that keeps failing is not waited for; a later click is still a repeat', async (t) => {
  const { sent, writes } = open(Array.from({ length: 5 }, () => BROKEN));
  t.match(await writes.send('order', 'POST', '/orders', BODY), { kind: 'refused', code: 'internal_error' });
  t.equal(sent.length, 5);
  await writes.send('order', 'POST', '/orders', BODY);
  t.equal(new Set(sent.map(({ key }) => key)).size, 1);
});
