import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { BusEvent } from '../../services/shared/contracts/bus-record.ts';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../services/shared/contracts/partition-of.ts';
import { upcast } from '../../services/shared/contracts/upcast.ts';
import { loadSql } from '../../services/shared/platform/pg.ts';
import { loadScripts, runScript } from '../../services/shared/platform/scripts.ts';
import type { AreaCount, Evidence } from './verdict.ts';

/** Reads what Redis, the event store and the legacy tables each say about a sale; asks no service. */
const SELECT_EVENTS = loadSql(import.meta.url, './select-events.sql');
const SELECT_AREAS = loadSql(import.meta.url, './select-areas.sql');
const SELECT_TICKETS = loadSql(import.meta.url, './select-tickets.sql');
const SELECT_LAGS = loadSql(import.meta.url, './select-lags.sql');
const SELECT_POSITION = loadSql(import.meta.url, './select-position.sql');

export interface Sources {
  redis: Redis;
  /** legacy tables and projections */
  legacy: Pool;
  eventStore: Pool;
  partitions: number;
}

type Snapshot = Evidence['redis'];

/** The sale at one seq; `areaIds` in the order of its definition. */
export async function readSnapshot(
  { redis, partitions }: Sources,
  saleId: string,
  areas: { areaId: string; capacity: number }[],
): Promise<Snapshot> {
  const script = loadScripts().get('snapshot-sale');
  if (script === undefined) throw new Error('there is no script snapshot-sale');
  const keys = saleKeys(partitionOf(saleId, partitions), saleId);
  const answer = await runScript(redis, script, [keys.sale, keys.areas, keys.seats], [1]);
  const [, , , seq, , flat, seats] = answer as [string, string, string, string, string, string[], string];
  const counts: AreaCount[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const area = areas[Number(flat[i])];
    const [, held = 0, sold = 0] = (flat[i + 1] ?? '').split(' ').map(Number);
    if (area !== undefined) counts.push({ ...area, held, sold });
  }
  return { seq: Number(seq), areas: counts, seats };
}

/** How far the legacy rows of a sale are: the seq they have followed up to. */
export async function readPosition({ legacy }: Sources, saleId: string): Promise<number> {
  const { rows } = await legacy.query<{ seq: string | number }>(SELECT_POSITION, [saleId]);
  return Number(rows[0]?.seq ?? 0);
}

/** The lags of all orders that are in SQL, in ms. */
export async function readLags({ legacy }: Sources, saleId: string): Promise<number[]> {
  const { rows } = await legacy.query<{ lagMs: number }>(SELECT_LAGS, [saleId]);
  return rows.map(({ lagMs }) => lagMs);
}

/** All that is left to know about a sale but what the buyers were told. */
export async function readEvidence(
  sources: Sources,
  saleId: string,
  areas: { areaId: string; capacity: number }[],
): Promise<Omit<Evidence, 'acknowledged'>> {
  const { eventStore, legacy } = sources;
  const events = await eventStore.query<{ body: BusEvent }>(SELECT_EVENTS, [saleId]);
  const counts = await legacy.query<AreaCount>(SELECT_AREAS, [saleId]);
  const tickets = await legacy.query<Evidence['sql']['tickets'][number]>(SELECT_TICKETS, [saleId]);
  return {
    capacity: areas.reduce((sum, { capacity }) => sum + capacity, 0),
    redis: await readSnapshot(sources, saleId, areas),
    log: events.rows.map(({ body }) => upcast(body)),
    sql: { areas: counts.rows, tickets: tickets.rows, lagsMs: await readLags(sources, saleId) },
  };
}
