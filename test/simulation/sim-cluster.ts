import type { SimProcess } from './sim-process.ts';
import { SimRedis } from './sim-redis.ts';
import type { HotPartition } from './sim-redis.ts';
import type { SimWorld } from './sim-world.ts';

/** How long a call takes one way, ms. */
const HOP_MS_MAX = 3;
/** Now and then a network takes its time. */
const SLOW_HOP_MS_MAX = 3_000;
const RECONNECT_MS_MAX = 1_500;

/**
 * A primary with a replica, and whoever is connected. After a failover the old primary may go on for a while
 * for those who still reach it.
 */
export class SimCluster {
  readonly #world: SimWorld;
  readonly #connections = new Set<SimConnection>();
  #primary: SimRedis;
  #replica: SimRedis;
  #servers = 0;

  constructor(world: SimWorld, partitions: HotPartition[]) {
    this.#world = world;
    this.#primary = this.#addServer(partitions);
    this.#replica = this.#addReplica();
  }

  get primary(): SimRedis {
    return this.#primary;
  }

  connect(process: SimProcess, onReconnect: () => void): SimConnection {
    const connection = new SimConnection(this.#world, process, this.#primary, onReconnect);
    this.#connections.add(connection);
    return connection;
  }

  disconnect(connection: SimConnection): void {
    this.#connections.delete(connection);
  }

  /**
   * The replica takes over with what has reached it.
   *
   * @param isolatedMs how long the old primary goes on
   */
  failOver(isolatedMs: number): void {
    const { time, random } = this.#world;
    const old = this.#primary;
    old.detachReplicas();
    this.#primary = this.#replica;
    this.#replica = this.#addReplica();
    const ms = Math.round(isolatedMs);
    this.#world.trace(() => `${this.#primary.name} takes over, ${old.name} goes on for ${ms} ms`);
    if (isolatedMs === 0) old.goDown();
    else time.after(isolatedMs, () => old.goDown());
    for (const connection of this.#connections) {
      if (connection.server !== old) continue;
      const stayMs = random.chance(0.5) ? random.float() * isolatedMs : 0;
      time.after(stayMs + random.float() * RECONNECT_MS_MAX, () => connection.reach(this.#primary));
    }
  }

  /** A connection breaks and is made anew. */
  breakOne(): void {
    const connections = [...this.#connections];
    if (connections.length > 0) this.#world.random.pick(connections).reach(this.#primary);
  }

  /** Everybody reaches the primary, and what was there before is gone. */
  heal(): void {
    for (const connection of this.#connections) {
      if (connection.server === this.#primary) continue;
      connection.server.goDown();
      connection.reach(this.#primary);
    }
  }

  #addServer(partitions: SimRedis['partitions']): SimRedis {
    const { time, random, plan } = this.#world;
    const server = new SimRedis(`redis-${this.#servers += 1}`, time, partitions);
    if (plan.wrongClocks) server.clockOffsetMs = random.int(-plan.wrongClocks, plan.wrongClocks);
    return server;
  }

  #addReplica(): SimRedis {
    const { random, plan } = this.#world;
    const replica = this.#addServer(this.#primary.copyOfPartitions());
    this.#primary.attachReplica(replica, () => random.float() * plan.replicaLagMs);
    return replica;
  }
}

/** A process' connection to Redis; commands arrive in the order in which they were sent. */
export class SimConnection {
  readonly #world: SimWorld;
  readonly #process: SimProcess;
  readonly #onReconnect: () => void;
  #server: SimRedis;
  #lastAtMs = 0;

  constructor(world: SimWorld, process: SimProcess, server: SimRedis, onReconnect: () => void) {
    this.#world = world;
    this.#process = process;
    this.#server = server;
    this.#onReconnect = onReconnect;
  }

  get server(): SimRedis {
    return this.#server;
  }

  reach(server: SimRedis): void {
    if (this.#process.isDead) return;
    this.#server = server;
    this.#process.after(this.#hopMs(), this.#onReconnect);
  }

  /**
   * Runs a command on the server. It may fail before it got there, and its reply may get lost.
   *
   * @param command what the server does, in one step
   */
  call<T>(command: (server: SimRedis) => T): Promise<T> {
    const { time, random, plan, isCalm } = this.#world;
    const server = this.#server;
    const fate = isCalm() ? 1 : random.float() / plan.redisTrouble;
    this.#lastAtMs = Math.max(this.#lastAtMs, time.nowMs + this.#hopMs());
    return new Promise((resolve, reject) => {
      time.after(this.#lastAtMs - time.nowMs, () => {
        if (server.isDown || fate < 0.5) {
          this.#process.after(this.#hopMs(), () => reject(new Error('Redis does not answer')));
          return;
        }
        const settle = attempt(() => command(server), resolve, reject);
        this.#process.after(this.#hopMs(), () => {
          if (fate < 1) reject(new Error('the reply got lost'));
          else settle();
        });
      });
    });
  }

  #hopMs(): number {
    const { random, plan, isCalm } = this.#world;
    const isSlow = !isCalm() && random.chance(plan.redisTrouble / 4);
    return random.float() * (isSlow ? SLOW_HOP_MS_MAX : HOP_MS_MAX);
  }
}

/** Does it now, and returns how it is told later. */
function attempt<T>(
  action: () => T, resolve: (reply: T) => void, reject: (error: unknown) => void,
): () => void {
  try {
    const reply = action();
    return () => resolve(reply);
  } catch (error) {
    return () => reject(error);
  }
}
