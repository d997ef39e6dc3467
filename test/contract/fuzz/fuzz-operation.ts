import * as fc from 'fast-check';
import { faultOfAnswer } from './check-answer.ts';
import type { FuzzedShop } from './fuzzed-shop.ts';
import { generateRequest } from './generate-request.ts';
import type { FuzzRequest } from './generate-request.ts';
import type { KnownValues } from './known-values.ts';
import { makeWorld } from './make-world.ts';
import type { Operation } from './read-operations.ts';
import { nextTraceId, resolveRequest, sendRequest, showRequest } from './send-request.ts';
import type { FuzzAnswer, SentRequest } from './send-request.ts';

/** Requests that are under way at once. */
const CHUNK = 200;
const REPEATED_PER_CHUNK_MAX = 8;
/**
 * Many changes of one sale at once get `overloaded`, and a machine that is busy with other things may let
 * the service refuse as well: then it is asked again after 10 ms, 20 ms, … up to 5 s, 10 s in all.
 */
const BUSY_TRIES_MAX = 10;
const BUSY_MS = 10;
/** Refusals of requests that came so far that something could have been written. */
const DEEP_REFUSALS = [404, 409, 422];
/** What concerns no sale has no event; of a sale that is stopped nothing would be accepted. */
const HAS_NO_EVENT = ['PUT /admin/v1/policies', 'POST /admin/v1/sales/{saleId}/recover'];
const SILENT_CHANGE = 'is refused, but changes something in Redis without an event';
/** Steps towards a smaller request; each is one request, or two. */
const SHRINKING_RUNS_MAX = 1_000;

export interface FuzzOptions {
  shop: FuzzedShop;
  operations: Operation[];
  /** names what the world of this operation is called */
  prefix: string;
  seed: number;
  count: number;
}

/** How often each status was answered. */
export type FuzzCounts = Record<number, number>;

/**
 * Sends so many generated requests to one operation, and checks after every chunk that what was refused has
 * changed nothing: no event names a request that was not accepted, a chunk in which nothing was accepted
 * leaves Redis' count of changes where it was, and in the end every sale equals the fold of its events.
 * Throws an Error with the smallest request it found that does not keep to that.
 */
export async function fuzzOperation(operation: Operation, options: FuzzOptions): Promise<FuzzCounts> {
  const { shop, seed, count, prefix } = options;
  const known = await makeWorld(shop, prefix);
  const requests = generateRequest(operation, known);
  const bench: Bench = { ...options, operation, known };
  const counts: FuzzCounts = {};
  await shop.newEvents();
  for (let sent = 0; sent < count; sent += CHUNK) {
    const chunkSeed = seed + sent;
    const chunk = fc.sample(requests, { seed: chunkSeed, numRuns: Math.min(CHUNK, count - sent) });
    const found = await sendChunk(bench, chunk);
    for (const { answer } of found.exchanges) counts[answer.status] = (counts[answer.status] ?? 0) + 1;
    if (found.fault !== undefined) {
      const { at, text } = found.fault;
      throw new Error(await reportOf(bench, { requests, seed: chunkSeed, at, text, chunk: found.exchanges }));
    }
  }
  await shop.checkSales(prefix);
  return counts;
}

interface Bench extends FuzzOptions {
  operation: Operation;
  known: KnownValues;
}

interface Exchange {
  request: SentRequest;
  traceId: string;
  answer: FuzzAnswer;
}

interface ChunkFault {
  /** which of the chunk; undefined when only the whole shows it */
  at: number | undefined;
  text: string;
}

async function sendChunk(
  bench: Bench,
  chunk: FuzzRequest[],
): Promise<{ exchanges: Exchange[]; fault: ChunkFault | undefined }> {
  const { shop, known } = bench;
  const before = await shop.changeCount();
  const exchanges = await Promise.all(chunk.map((request) => exchange(bench, request)));
  for (const [at, one] of exchanges.entries()) {
    const text = faultOfExchange(bench, one);
    if (text !== undefined) return { exchanges, fault: { at, text } };
  }
  const after = await shop.changeCount();
  if (after === before) return { exchanges, fault: undefined };
  const { eventBytes, traceIds } = await shop.newEvents();
  const guilty = exchanges.findIndex(({ answer, traceId }) =>
    answer.status >= 300 && traceIds.has(traceId));
  if (guilty >= 0) return { exchanges, fault: { at: guilty, text: 'is refused, but made an event' } };
  // Without an event only a refusal can have changed anything; what comes due by itself has one.
  const mayBeSilent = HAS_NO_EVENT.includes(`${bench.operation.method} ${bench.operation.path}`)
    && exchanges.some(({ answer }) => answer.status < 300);
  if (eventBytes === 0 && !mayBeSilent) {
    return { exchanges, fault: { at: undefined, text: `${after - before} changes: ${SILENT_CHANGE}` } };
  }
  for (const { answer, request } of exchanges) {
    if (answer.status >= 300 || !answer.text.startsWith('{')) continue;
    known.note(request.saleId, JSON.parse(answer.text));
  }
  const fault = await faultOfRefused(bench, exchanges) ?? await faultOfRepeats(bench, exchanges);
  return { exchanges, fault };
}

async function exchange(bench: Bench, request: FuzzRequest): Promise<Exchange> {
  const { shop, known, operation } = bench;
  const resolved = resolveRequest(request, operation.path, known, shop.credentials);
  const traceId = nextTraceId();
  return { request: resolved, traceId, answer: await sendPatiently(bench, resolved, traceId) };
}

async function sendPatiently(
  { shop, operation }: Bench,
  request: SentRequest,
  traceId: string,
): Promise<FuzzAnswer> {
  const isStream = operation.responses['200']?.['text/event-stream'] !== undefined;
  for (let attempt = 1; ; attempt++) {
    const answer = await sendRequest(shop, request, { traceId, isStream });
    const isBusy = answer.status === 503
      && (request.method === 'HEAD' || /"code":"(overloaded|unavailable)"/.test(answer.text));
    if (!isBusy || attempt === BUSY_TRIES_MAX) return answer;
    await new Promise((resolve) => setTimeout(resolve, BUSY_MS * 2 ** (attempt - 1)));
  }
}

function faultOfExchange(
  { operations, operation }: Bench,
  { request, answer, traceId }: Exchange,
): string | undefined {
  const isPlain = !('traceparent' in request.headers);
  if (isPlain && answer.headers['x-trace-id'] !== traceId) return 'is answered with another x-trace-id';
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const addressed = method === operation.method ? operation
    : operations.find((one) => one.path === operation.path && one.method === method);
  return faultOfAnswer(request, answer, addressed);
}

/**
 * Among accepted requests a change without an event does not show, so what was refused is sent again by
 * itself: as long as nothing is accepted now, nothing may change.
 */
async function faultOfRefused(bench: Bench, exchanges: Exchange[]): Promise<ChunkFault | undefined> {
  const { shop } = bench;
  const refused = [...exchanges.entries()].filter(([, { answer }]) => DEEP_REFUSALS.includes(answer.status));
  const before = await shop.changeCount();
  const again = await Promise.all(refused.map(([, { request }]) =>
    sendPatiently(bench, request, nextTraceId())));
  const changes = await shop.changeCount() - before;
  if (changes === 0 || again.some(({ status }) => status < 300)) return undefined;
  if ((await shop.newEvents()).eventBytes > 0) return undefined;
  for (const [at, { request }] of refused) {
    const beforeOne = await shop.changeCount();
    const { status } = await sendPatiently(bench, request, nextTraceId());
    if (status >= 300 && await shop.changeCount() !== beforeOne) return { at, text: SILENT_CHANGE };
  }
  return { at: undefined, text: `${changes} changes: ${SILENT_CHANGE}` };
}

/** What was accepted under an Idempotency-Key gets the same answer again, and makes no event again. */
async function faultOfRepeats(bench: Bench, exchanges: Exchange[]): Promise<ChunkFault | undefined> {
  const { shop, operation } = bench;
  if (operation.method === 'GET' || !operation.path.startsWith('/v1/sales/')) return undefined;
  const accepted = [...exchanges.entries()].filter(([, { answer, request }]) =>
    answer.status < 300 && request.method === operation.method).slice(0, REPEATED_PER_CHUNK_MAX);
  const repeats = await Promise.all(accepted.map(async ([at, { request, answer }]) => {
    const traceId = nextTraceId();
    return { at, answer, traceId, again: await sendPatiently(bench, request, traceId) };
  }));
  const { traceIds } = await shop.newEvents();
  for (const { at, answer, again, traceId } of repeats) {
    if (traceIds.has(traceId)) return { at, text: 'makes an event again when it is repeated' };
    if (again.status !== answer.status || again.text !== answer.text) {
      const [first, second] = [answer, again].map(({ status, text }) => `${status} ${text}`);
      return { at, text: `is answered ${first}; repeated, ${second}` };
    }
  }
  return undefined;
}

interface Finding {
  requests: fc.Arbitrary<FuzzRequest>;
  seed: number;
  at: number | undefined;
  text: string;
  chunk: Exchange[];
}

/** The smallest request that shows the fault when it is sent by itself, or the first that showed it. */
async function reportOf(bench: Bench, { requests, seed, at, text, chunk }: Finding): Promise<string> {
  let smallest: string | undefined;
  const runs = fc.asyncProperty(requests, async (request) => {
    const { exchanges, fault } = await sendChunk(bench, [request]);
    const [sent] = exchanges;
    if (fault === undefined || sent === undefined) return;
    smallest = `${showRequest(sent.request)}\n${fault.text}`;
    throw new Error(fault.text);
  });
  // From the one that was found on; from the first if it could have been any of them.
  await fc.check(runs, {
    seed, path: String(at ?? 0), numRuns: at === undefined ? CHUNK : 1, maxSkipsPerRun: 0,
    interruptAfterTimeLimit: SHRINKING_RUNS_MAX * 10,
  });
  const one = at === undefined ? undefined : chunk[at];
  const found = one === undefined ? text : `${showRequest(one.request)}\n${text}`;
  const { operation: { method, path }, seed: runSeed } = bench;
  return [
    `${method} ${path}, FUZZ_SEED=${runSeed}`,
    smallest === undefined
      ? `Found, though not when sent by itself:\n${found}` : `Smallest request:\n${smallest}`,
  ].join('\n');
}
