import { loadSql, withTransaction } from '../pg.ts';
import type { Pool, PoolClient } from '../pg.ts';
import type { ListedShard } from './list-shards.ts';
import type { Position } from './positions.ts';

const load = (path: string): string => loadSql(import.meta.url, path);
const sql = {
  startCursor: load('./sql/start-cursor.sql'),
  insertLeases: load('./sql/insert-leases.sql'),
  endLease: load('./sql/end-lease.sql'),
  deleteLeases: load('./sql/delete-leases.sql'),
  selectLeases: load('./sql/select-leases.sql'),
  selectLease: load('./sql/select-lease.sql'),
  renewLeases: load('./sql/renew-leases.sql'),
  takeLease: load('./sql/take-lease.sql'),
  askForLease: load('./sql/ask-for-lease.sql'),
  handOverLease: load('./sql/hand-over-lease.sql'),
  restoreLease: load('./sql/restore-lease.sql'),
  moveCheckpoint: load('./sql/move-checkpoint.sql'),
  renewMember: load('./sql/renew-member.sql'),
  selectMembers: load('./sql/select-members.sql'),
  deleteMembers: load('./sql/delete-members.sql'),
};

/** A row of `reader.leases` as it was when it was looked at. */
export interface LeaseRow {
  shardId: string;
  parents: string[];
  owner: string | undefined;
  epoch: number;
  position: Position;
  wantedBy: string | undefined;
  /** it has no owner, or one that has not renewed it in time */
  isFree: boolean;
  /** ms since 1970; 0: not known */
  readUntilMs: number;
}

/** A lease as its owner knows it. */
export interface Held {
  shardId: string;
  epoch: number;
}

/** Another process has the lease now, or nobody: what is done under it must not count. */
export class LeaseLostError extends Error {}

/** The stored position is not the one that a handler began at. */
export class CheckpointMovedError extends Error {}

interface Row {
  shard_id: string;
  parents: string[];
  owner: string | null;
  epoch: number;
  position: string | null;
  wanted_by: string | null;
  is_free: boolean;
  read_until_ms: number | null;
}

/**
 * The leases of one cursor on one stream as one process sees and changes them. Every change is conditional on
 * owner and epoch, so that whoever has slept through a change of owner changes nothing. Times are the
 * database's. All methods throw when PostgreSQL does not answer.
 */
export class LeaseTable {
  readonly #pool: Pool;
  readonly #key: [stream: string, cursor: string];
  readonly #owner: string;
  readonly #leaseMs: number;

  constructor(
    { pool, streamKey, cursor, owner, leaseMs }:
    { pool: Pool; streamKey: string; cursor: string; owner: string; leaseMs: number },
  ) {
    this.#pool = pool;
    this.#key = [streamKey, cursor];
    this.#owner = owner;
    this.#leaseMs = leaseMs;
  }

  /**
   * Adds the shards that are new. The first ones of a cursor begin where it is to start; those that appear
   * later begin at their horizon, whatever the start, since all of them is behind what was read before.
   */
  async add(shards: readonly ListedShard[], startOf: (shardId: string) => Position): Promise<void> {
    await withTransaction(this.#pool, async (client) => {
      // Another process that starts the same cursor waits here until the first shards are written.
      const isFirst = (await client.query(sql.startCursor, this.#key)).rowCount === 1;
      await client.query(sql.insertLeases, [
        ...this.#key,
        shards.map(({ shardId }) => shardId),
        shards.map(({ parents }) => parents.join(',')),
        shards.map(({ shardId }) => (isFirst ? startOf(shardId) ?? null : null)),
      ]);
    });
  }

  /** Ends a shard that the stream has no more; false if somebody has moved it meanwhile. */
  async end({ shardId, epoch }: Held): Promise<boolean> {
    return (await this.#pool.query(sql.endLease, [...this.#key, shardId, epoch])).rowCount === 1;
  }

  /** Forgets shards that are read to their end and past their retention. */
  async forget(shardIds: readonly string[]): Promise<void> {
    await this.#pool.query(sql.deleteLeases, [...this.#key, shardIds]);
  }

  async rows(): Promise<LeaseRow[]> {
    const { rows } = await this.#pool.query<Row>(sql.selectLeases, this.#key);
    return rows.map((row) => ({
      shardId: row.shard_id,
      parents: row.parents,
      owner: row.owner ?? undefined,
      epoch: row.epoch,
      position: row.position ?? undefined,
      wantedBy: row.wanted_by ?? undefined,
      isFree: row.is_free,
      readUntilMs: row.read_until_ms ?? 0,
    }));
  }

  /** The processes that read under this cursor, this one among them. */
  async members(): Promise<Set<string>> {
    const { rows } = await this.#pool.query<{ owner: string }>(sql.selectMembers, this.#key);
    return new Set([...rows.map(({ owner }) => owner), this.#owner]);
  }

  /** Says that this process is there and has these leases. */
  async renew(held: readonly (Held & { readUntilMs: number })[]): Promise<void> {
    await this.#pool.query(sql.renewMember, [...this.#key, this.#owner, this.#leaseMs]);
    if (held.length === 0) return;
    await this.#pool.query(sql.renewLeases, [
      ...this.#key, this.#owner, this.#leaseMs,
      held.map(({ shardId }) => shardId),
      held.map(({ epoch }) => epoch),
      held.map(({ readUntilMs }) => (readUntilMs === 0 ? null : readUntilMs)),
    ]);
  }

  /** Takes a lease that is free; undefined if another process was faster. Its row as it is from now on. */
  async take(seen: LeaseRow): Promise<LeaseRow | undefined> {
    const { rows: [row] } = await this.#pool.query<Row>(sql.takeLease, [
      ...this.#key, seen.shardId, this.#owner, seen.epoch, this.#leaseMs,
    ]);
    if (row === undefined) return undefined;
    const { epoch, position, read_until_ms: readUntilMs } = row;
    return {
      ...seen, epoch, position: position ?? undefined, readUntilMs: readUntilMs ?? 0,
      owner: this.#owner, wantedBy: undefined, isFree: false,
    };
  }

  /** Asks the owner of a lease to hand it over. */
  async askFor(seen: LeaseRow): Promise<void> {
    await this.#pool.query(sql.askForLease, [...this.#key, seen.shardId, this.#owner, seen.epoch]);
  }

  /** Gives a lease to the process that has asked for it, or frees it; nothing if it is lost already. */
  async handOver({ shardId, epoch }: Held): Promise<void> {
    const values = [...this.#key, shardId, this.#owner, epoch, this.#leaseMs];
    await this.#pool.query(sql.handOverLease, values);
  }

  /** Writes the row of a lease again that has vanished. */
  async restore({ shardId, epoch }: Held, parents: string[], position: Position): Promise<void> {
    await this.#pool.query(sql.restoreLease, [
      ...this.#key, shardId, parents, this.#owner, epoch, position ?? null, this.#leaseMs,
    ]);
  }

  /** This process reads no more. */
  async leave(): Promise<void> {
    await this.#pool.query(sql.deleteMembers, [...this.#key, this.#owner]);
  }

  /**
   * Moves the position of a lease, in the transaction of `client` if that has one, and renews the lease.
   *
   * @throws LeaseLostError when another process has the lease; CheckpointMovedError when the position is not
   *   the one given: the transaction must then be rolled back
   */
  async move(
    client: Pool | PoolClient,
    { shardId, epoch }: Held,
    { positionBefore, position }: { positionBefore: Position; position: Position },
  ): Promise<void> {
    const moved = await client.query(sql.moveCheckpoint, [
      ...this.#key, shardId, this.#owner, epoch, this.#leaseMs, positionBefore ?? null, position ?? null,
    ]);
    if (moved.rowCount === 1) return;
    const stored = await this.#stored(client, { shardId, epoch });
    throw new CheckpointMovedError(
      `the position of ${shardId} is ${stored ?? 'its horizon'}, not ${positionBefore ?? 'its horizon'}`);
  }

  /** The stored position of a lease. Throws LeaseLostError when another process has it. */
  position(held: Held): Promise<Position> {
    return this.#stored(this.#pool, held);
  }

  async #stored(client: Pool | PoolClient, { shardId, epoch }: Held): Promise<Position> {
    const { rows: [row] } = await client.query<Row>(sql.selectLease, [...this.#key, shardId]);
    // Its owner writes it again; that is soon, and nobody else has had it meanwhile.
    if (row === undefined || row.epoch === 0) throw new Error(`the lease of ${shardId} has vanished`);
    if (row.owner !== this.#owner || row.epoch !== epoch) {
      throw new LeaseLostError(`the lease of ${shardId} is ${row.owner ?? 'nobody'}'s`);
    }
    return row.position ?? undefined;
  }
}
