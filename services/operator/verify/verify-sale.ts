import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { FoldedSale } from '../../shared/contracts/folded-sale.ts';
import { readHead, readSale } from '../../shared/event-store/read-sale.ts';
import { checkHead } from '../../shared/event-store/verify-chain.ts';
import { loadSql } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import { hotFactsOf, readHotState } from './read-hot-state.ts';
import { readLegacyRows } from './read-legacy-rows.ts';
import { LogReplay } from './replay-log.ts';
import { differencesOf, legacyFactsOf } from './stock-view.ts';
import type { Facts } from './stock-view.ts';
import type { Totals } from './tally.ts';

/** How Redis, or the legacy rows, compare with the fold of the log up to the seq that they are at. */
export interface ViewVerdict {
  /** null when there is nothing to compare, and `why` says it */
  seq: number | null;
  agrees: boolean | null;
  why: string | null;
  /** how many facts differ, and the first of them in words */
  differences: number;
  told: string[];
}

/** What a verification found. Money is in minor units, times are ISO 8601. */
export interface Certificate {
  saleId: string;
  issuedAt: string;
  /** true: no promise is broken, as far as the log, Redis and the legacy rows tell */
  clean: boolean;
  /** what is wrong with the log, in sentences */
  faults: string[];
  /** the hash chain's ends are SHA-256 as base64url (services/shared/event-store/event-digest.ts) */
  log: { events: number; firstDigest: string; lastDigest: string; firstAt: string; lastAt: string };
  totals: Totals;
  redis: ViewVerdict;
  legacy: ViewVerdict;
}

export interface VerifySources {
  events: Pool;
  legacy: Pool;
  redis: Redis;
}

const selectPartition = loadSql(import.meta.url, '../sql/select-partition.sql');
/** What Redis said a moment ago may not be in the event store yet. */
const STORED_MS_MAX = 5_000;
const STORED_ASK_MS = 50;

type View = { seq: number; facts: Facts } | { why: string };

/**
 * Replays the log of a sale, and compares Redis and the legacy rows with it, each at its own seq, so that it
 * can run while the sale does:
 *
 * - the hash chain: every event is what was stored, in its order and with its time;
 * - promises 1 and 2, by `evolve`: no place has two owners, nothing is taken past its capacity, what is held
 *   is sold or comes back, once;
 * - promise 4: Redis and the legacy rows are what the events up to their seq make of them.
 *
 * @returns undefined when the event store does not know the sale; `unready` when its last events are not
 *   chained yet
 * @throws Error when PostgreSQL does not answer; that Redis does not is told in the certificate
 */
export async function verifySale(
  sources: VerifySources, saleId: string,
): Promise<Certificate | 'unready' | undefined> {
  const { rows: [place] } = await sources.events.query<{ partition: number }>(selectPartition, [saleId]);
  if (place === undefined) return undefined;
  const hot = await viewRedis(sources.redis, place.partition, saleId);
  const rows = await readLegacyRows(sources.legacy, saleId) ?? { why: 'nothing of it is projected yet' };
  const head = await awaitHead(sources.events, saleId, 'seq' in hot ? hot.seq : 0);
  if (head === undefined) return undefined;
  if (head.digest === undefined && head.removedAt === undefined) return 'unready';
  const redis = new Comparison(hot, hotFactsOf);
  const legacy = new Comparison(rows, legacyFactsOf);
  const replay = new LogReplay(saleId, [redis, legacy]);
  if (head.removedAt === undefined) {
    for await (const events of readSale(sources.events, saleId, { through: head.seq })) replay.take(events);
    const fault = replay.faults.length === 0 ? checkHead(replay.end, head) : undefined;
    if (fault !== undefined) replay.faults.push(`${saleId} seq ${fault.seq}: ${fault.reason}`);
  } else {
    const when = head.removedAt.toISOString();
    replay.faults.push(`${saleId}: its ${head.seq} events were removed at ${when}; only their end is known`);
  }
  for (const [name, { seq }] of Object.entries({ Redis: redis, 'the legacy tables': legacy })) {
    if (seq > head.seq) replay.faults.push(`${name}: at seq ${seq}, and the log ends at ${head.seq}`);
  }
  const { faults, tally, end, first, lastTime } = replay;
  return {
    saleId,
    issuedAt: new Date().toISOString(),
    clean: faults.length === 0 && redis.verdict.agrees !== false && legacy.verdict.agrees !== false,
    faults,
    log: {
      events: head.removedAt === undefined ? end.seq : head.seq,
      firstDigest: textOf(first?.digest),
      lastDigest: textOf(head.removedAt === undefined ? first && end.digest : head.digest),
      firstAt: first?.time ?? '', lastAt: lastTime,
    },
    totals: tally.totals,
    redis: redis.verdict,
    legacy: legacy.verdict,
  };
}

/** A view of the sale that waits for the fold to be where it is. */
class Comparison {
  readonly seq: number;
  verdict: ViewVerdict;
  readonly #facts: Facts;
  readonly #factsOf: (sale: FoldedSale) => Facts;

  constructor(view: View, factsOf: (sale: FoldedSale) => Facts) {
    this.#factsOf = factsOf;
    this.seq = 'why' in view ? -1 : view.seq;
    this.#facts = 'why' in view ? new Map() : view.facts;
    const why = 'why' in view ? view.why : `the log was not replayed up to its seq ${view.seq}`;
    this.verdict = { seq: 'why' in view ? null : view.seq, agrees: null, why, differences: 0, told: [] };
  }

  compare(sale: FoldedSale): void {
    const { count, told } = differencesOf(this.#factsOf(sale), this.#facts);
    this.verdict = { seq: this.seq, agrees: count === 0, why: null, differences: count, told };
  }
}

async function viewRedis(redis: Redis, partition: number, saleId: string): Promise<View> {
  try {
    const hot = await readHotState(redis, partition, saleId);
    if (hot === undefined || hot.state === 'archived') return { why: 'the sale is not in Redis' };
    return hot.state === 'recovering' ? { why: 'the sale is being rebuilt' } : hot;
  } catch (error) {
    return { why: `Redis does not answer: ${(error as Error).message}` };
  }
}

/** The head, once it is at `seq` and its digest is there, or when that takes too long. */
async function awaitHead(pool: Pool, saleId: string, seq: number): ReturnType<typeof readHead> {
  for (const untilMs = Date.now() + STORED_MS_MAX; ;) {
    const head = await readHead(pool, saleId);
    const isThere = head === undefined || (head.seq >= seq && head.digest !== undefined);
    if (isThere || Date.now() >= untilMs) return head;
    await sleep(STORED_ASK_MS);
  }
}

function textOf(digest: Readonly<Uint8Array> | undefined): string {
  return digest === undefined ? '' : Buffer.from(digest).toString('base64url');
}
