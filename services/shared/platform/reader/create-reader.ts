import { randomBytes } from 'node:crypto';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { Log } from '../log.ts';
import { createPause } from '../pause.ts';
import type { Pool } from '../pg.ts';
import type { ShardBatch, Trimmed } from '../shard-reader.ts';
import { registerFanOut } from './fan-out.ts';
import type { FanOut } from './fan-out.ts';
import { holdShard } from './held-shard.ts';
import type { HeldShard, Lease } from './held-shard.ts';
import { LeaseTable } from './lease-table.ts';
import type { LeaseRow } from './lease-table.ts';
import { planLeases } from './plan-leases.ts';
import { positionAtTime, SHARD_END } from './positions.ts';
import type { Position } from './positions.ts';
import { readerMetrics } from './reader-metrics.ts';
import { createShardSync } from './shard-sync.ts';

export type { Lease } from './held-shard.ts';
export { CheckpointMovedError, LeaseLostError } from './lease-table.ts';
export type { ShardBatch, Trimmed } from '../shard-reader.ts';
export type { StreamRecord } from './stream-record.ts';

/**
 * Where a cursor begins when it is used for the first time; afterwards its stored positions count.
 * `positions`: by shard id (reader/positions.ts); the shards that are not named begin at `othersFromMs`, or
 * at their horizon.
 */
export type ReaderStart =
  | { from: 'horizon' }
  | { from: 'latest' }
  | { from: 'time'; atMs: number }
  | { from: 'positions'; positions: ReadonlyMap<string, string>; othersFromMs?: number };

export interface ReaderOptions {
  client: KinesisClient;
  streamName: string;
  /** names this very stream in the tables: `ensureStream` of kinesis.ts gives it */
  streamKey: string;
  /** whose positions: each team and purpose has its own name */
  cursor: string;
  start: ReaderStart;
  /** of the database with the tables (migrate-reader.ts); handlers must not use up its connections */
  pool: Pool;
  /** of this process, for those who look at the table; made unique by the reader */
  owner: string;
  log: Log;
  /** pause between reads of a shard that has something; AWS allows five reads a second over all readers */
  pollMsMin: number;
  /** pause between reads of a shard that is silent */
  pollMsMax: number;
  /** has records pushed where the endpoint can (kinesis.ts, connectFanOut); absent: polls */
  fanOutClient?: KinesisClient | undefined;
  /** false: aggregated records of the producer library come as they are; default true */
  deaggregates?: boolean;
  /** a process that is not heard of for so long has lost its shards, default 10,000 */
  leaseMs?: number;
  /** how often the stream is asked for its shards, default 30,000 */
  listMs?: number;
  /**
   * Handles a batch; batches of different shards come at once. When it returns, the checkpoint moves behind
   * the batch, unless it has moved it itself, in its own transaction (`lease.moveCheckpoint`). When it
   * throws, the same batch comes again after a pause, and nothing else of its shard before.
   */
  onBatch(batch: ShardBatch, lease: Lease): Promise<unknown>;
  /** Records are past their retention and were not read, or may be; told in the log and as a metric, too. */
  onTrimmed?(trimmed: Trimmed): void;
}

export interface Reader {
  /** Begins; `stop` waits for the batches under way and hands the leases over. Both may be called twice. */
  start(): void;
  stop(): Promise<void>;
  /** What keeps it from reading, a sentence each; empty when all is well. */
  troubles(): string[];
  /** Shards that this process reads at the moment. */
  shardIds(): string[];
}

const LEASE_MS = 10_000;
const LIST_MS = 30_000;
/** A lease is renewed so often within its time: three attempts may fail. */
const TICKS_PER_LEASE = 4;

/**
 * Reads a stream under a cursor, together with all other processes that use the same one: each shard by one
 * of them at a time, in order, parents before their children. Every record is handed over at least once;
 * exactly once to handlers that move the checkpoint in the transaction of their effect. Processes may come,
 * go, be killed or sleep at any moment: leases in PostgreSQL say who reads what, a moved checkpoint needs a
 * lease that is still held, and one that is not renewed is taken by somebody else. See
 * docs/reading-the-bus.md.
 */
export function createReader(options: ReaderOptions): Reader {
  const { streamName, streamKey, cursor, pool, log, leaseMs = LEASE_MS, listMs = LIST_MS } = options;
  const owner = `${options.owner}#${randomBytes(4).toString('hex')}`;
  const table = new LeaseTable({ pool, streamKey, cursor, owner, leaseMs });
  const metrics = readerMetrics();
  const stopping = new AbortController();
  const pause = createPause(stopping.signal);
  const held = new Map<string, HeldShard>();
  const givenUp = new Set<Promise<void>>();
  const sync = createShardSync({
    ...options, table, startOf: startOf(options.start), onTrimmed: tellTrimmed,
  });
  let fanOut: FanOut | undefined;
  let leasesTrouble = 'the leases are not looked at yet';
  /** monotonic: when the last renewal that succeeded was begun */
  let renewedAtMs = performance.now();
  /** monotonic: when the listing that counts was begun; one is due when that is too long ago */
  let listedAtMs = -Infinity;
  let listTrouble = '';
  let listing: Promise<void> | undefined;
  let running: Promise<void> | undefined;
  let watching: NodeJS.Timeout | undefined;

  async function run(): Promise<void> {
    if (options.fanOutClient !== undefined) {
      fanOut = await registerFanOut({
        client: options.fanOutClient, streamName, consumerName: cursor, log, signal: stopping.signal,
      });
    }
    renewedAtMs = performance.now();
    while (!stopping.signal.aborted) {
      await tryTick();
      await pause.wait(leaseMs / TICKS_PER_LEASE);
    }
  }

  async function tryTick(): Promise<void> {
    try {
      await tick();
      leasesTrouble = '';
    } catch (error) {
      leasesTrouble = `the leases cannot be kept: ${(error as Error).message}`;
      log.warn({ err: error, cursor }, 'the leases cannot be kept');
    }
  }

  async function tick(): Promise<void> {
    const startedAtMs = performance.now();
    await table.renew([...held.values()].map(({ shardId, epoch, reader }) =>
      ({ shardId, epoch, readUntilMs: reader.readUntilMs() })));
    const members = await table.members();
    const rows = await table.rows();
    await settleHeld(rows, members);
    renewedAtMs = startedAtMs;
    if (stopping.signal.aborted) return;
    // Not waited for: a stream that does not answer must not let the leases lapse.
    if (performance.now() - listedAtMs > listMs) listing ??= list().finally(() => { listing = undefined; });
    // Before the retention is known nobody could tell that records are gone.
    if (sync.retentionMs() !== undefined) {
      for (const row of rows) if (isHandedToUs(row)) hold(row);
      await takeShare(rows, members);
    }
    metrics.leases.set({ cursor }, held.size);
    const readUntil = [...held.values()].map(({ reader }) => reader.readUntilMs()).filter((ms) => ms > 0);
    metrics.lagMs.set({ cursor }, readUntil.length === 0 ? 0 : Date.now() - Math.min(...readUntil));
  }

  async function list(): Promise<void> {
    const startedAtMs = performance.now();
    try {
      const isListed = await sync.list();
      listTrouble = '';
      if (!isListed) return;
      // A shard that was closed meanwhile has set it back, to be listed again.
      if (listedAtMs < startedAtMs) listedAtMs = startedAtMs;
      for (const parent of sync.parents()) held.get(parent)?.reader.expectEnd();
      pause.wake();
    } catch (error) {
      listTrouble = `the shards cannot be written down: ${(error as Error).message}`;
      log.warn({ err: error, cursor }, 'the shards cannot be written down');
    }
  }

  /** Compares what is read here with what the table says about it. */
  async function settleHeld(rows: readonly LeaseRow[], members: ReadonlySet<string>): Promise<void> {
    const byShard = new Map(rows.map((row) => [row.shardId, row]));
    for (const shard of held.values()) {
      const row = byShard.get(shard.shardId);
      // One that has just been made anew by a listing has had no owner yet.
      if (row === undefined || row.epoch === 0) await restore(shard);
      else if (row.owner !== owner || row.epoch !== shard.epoch) lose(shard, row.owner);
      else if (row.wantedBy !== undefined && members.has(row.wantedBy)) void shard.stop();
    }
  }

  async function restore(shard: HeldShard): Promise<void> {
    const { shardId } = shard;
    log.error({ cursor, shardId }, 'the row of a lease has vanished and is written again');
    await table.restore(shard, sync.parentsOf(shardId), shard.position());
  }

  function lose(shard: HeldShard, newOwner: string | undefined): void {
    log.warn({ cursor, shardId: shard.shardId, newOwner }, 'a lease is lost');
    metrics.lost.inc({ cursor });
    shard.lose();
  }

  function isHandedToUs({ shardId, owner: of, isFree }: LeaseRow): boolean {
    return of === owner && !isFree && !held.has(shardId);
  }

  async function takeShare(rows: readonly LeaseRow[], members: ReadonlySet<string>): Promise<void> {
    const { take, ask } = planLeases({ rows, owner, members });
    for (const row of take) {
      // One that was lost and is still being handled here cannot be taken again before that has ended.
      const taken = held.has(row.shardId) ? undefined : await table.take(row);
      if (taken !== undefined) hold(taken);
    }
    for (const row of ask) await table.askFor(row);
  }

  function hold(row: LeaseRow): void {
    if (row.position === SHARD_END || stopping.signal.aborted) return;
    const shard = holdShard({
      row, owner, cursor, table, pool, onBatch: options.onBatch,
      shared: {
        ...options, deaggregates: options.deaggregates ?? true, fanOut,
        retentionMs: sync.retentionMs, onTrimmed: tellTrimmed,
      },
    });
    held.set(row.shardId, shard);
    log.info({ cursor, shardId: row.shardId, epoch: row.epoch }, 'a shard is read here');
    if (sync.parents().has(row.shardId)) shard.reader.expectEnd();
    const gone = shard.done.then((how) => letGo(shard, how)).finally(() => givenUp.delete(gone));
    givenUp.add(gone);
  }

  /** Nothing of the shard is under way any more: gives the lease up, and has its children found. */
  async function letGo(shard: HeldShard, how: 'closed' | 'stopped'): Promise<void> {
    try {
      await table.handOver(shard);
    } catch (error) {
      const { shardId } = shard;
      log.warn({ err: error, cursor, shardId }, 'a lease could not be handed over; it will lapse');
    }
    held.delete(shard.shardId);
    if (how === 'closed') {
      log.info({ cursor, shardId: shard.shardId }, 'a closed shard is read to its end');
      listedAtMs = -Infinity;
    }
    pause.wake();
  }

  /** While nothing can be renewed others may take the shards: then reading stops by itself. */
  function watchLeases(): void {
    if (performance.now() - renewedAtMs < leaseMs) return;
    for (const shard of held.values()) {
      log.warn({ cursor, shardId: shard.shardId }, 'a lease could not be renewed in time');
      shard.lose();
    }
  }

  function tellTrimmed(trimmed: Trimmed): void {
    metrics.trimmed.inc({ cursor });
    log.error({ cursor, ...trimmed }, 'records may be lost to this cursor');
    options.onTrimmed?.(trimmed);
  }

  async function end(): Promise<void> {
    stopping.abort();
    await running;
    await listing;
    clearInterval(watching);
    for (const shard of held.values()) void shard.stop();
    const drained = new AbortController();
    const renewing = keepRenewing(drained.signal);
    await Promise.all(givenUp);
    drained.abort();
    await renewing;
    await table.leave().catch(ignore);
  }

  /** Batches under way may need their leases for longer than those last. */
  async function keepRenewing(drained: AbortSignal): Promise<void> {
    const rest = createPause(drained);
    while (!drained.aborted) {
      await rest.wait(leaseMs / TICKS_PER_LEASE);
      const still = [...held.values()].map((shard) => ({ ...shard, readUntilMs: 0 }));
      if (!drained.aborted) await table.renew(still).catch(ignore);
    }
  }

  let ending: Promise<void> | undefined;
  return {
    start() {
      if (running !== undefined || stopping.signal.aborted) return;
      running = run();
      watching = setInterval(watchLeases, leaseMs / TICKS_PER_LEASE);
    },
    stop: () => ending ??= end(),
    troubles() {
      const shards = [...held.values()].map(({ reader }) => reader.trouble());
      return [leasesTrouble, listTrouble, sync.trouble(), ...shards].filter(Boolean);
    },
    shardIds: () => [...held.keys()].toSorted(),
  };
}

/** Leases and members that cannot be given back lapse. */
function ignore(): void {
  return;
}

/** The first position of each shard of a new cursor. `latest` is a time: only that outlives the process. */
function startOf(start: ReaderStart): (shardId: string) => Position {
  if (start.from === 'horizon') return () => undefined;
  if (start.from === 'time') return () => positionAtTime(start.atMs);
  if (start.from === 'latest') return () => positionAtTime(Date.now());
  const others = start.othersFromMs === undefined ? undefined : positionAtTime(start.othersFromMs);
  return (shardId) => start.positions.get(shardId) ?? others;
}
