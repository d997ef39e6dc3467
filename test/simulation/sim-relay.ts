import { PartitionRelay } from '../../services/relay/partition-relay.ts';
import { readLog } from '../../services/relay/read-log.ts';
import type { PackedEvent } from '../../services/shared/contracts/outbox.ts';
import { decodeBatch, RECORD_TEXT_BYTES_MAX } from '../../services/shared/contracts/bus-record.ts';
import type { LogFold } from '../../services/shared/contracts/log-fold.ts';
import { decompress } from '../../services/shared/platform/compression.ts';
import { breakRelay } from './break-relay.ts';
import { followShards } from './sim-bus.ts';
import type { SimConnection } from './sim-cluster.ts';
import { SimProcess } from './sim-process.ts';
import type { SimEntry, SimRedis } from './sim-redis.ts';
import { simLayout, simLog, simMetrics } from './sim-surroundings.ts';
import type { SimWorld } from './sim-world.ts';

const TICK_MS = 1_000;
/** A read that finds nothing waits so long at most. */
const BLOCK_MS = 2_000;
const ENTRIES_MAX = 8;
const PUT_MS_MAX = 60;
/** The client gives up; what it sent may still arrive. */
const PUT_TIMEOUT_MS = 3_000;
const LATE_MS_MAX = 15_000;

/**
 * One process with the real logic of a relay and, around it, what services/relay/relay.ts does: it reads the
 * outboxes, learns where the log stands, reads the log to its tip, and then lets the partitions begin.
 */
export class SimRelay {
  readonly name: string;
  readonly process: SimProcess;
  readonly relays: PartitionRelay[];
  readonly #world: SimWorld;
  readonly #fold: LogFold;
  readonly #commands: SimConnection;
  readonly #outboxes: SimConnection;
  readonly #generations = new Map<number, string>();
  readonly #partitionsSeen = new Map<number, number>();
  readonly #cursors = new Map<number, string>();
  readonly #unopened: Set<number>;
  #restarts = 0;
  #fromHorizon = false;
  #storeTrouble = false;
  #isAskingStore = false;
  #hasBegun = false;

  constructor(world: SimWorld, name: string) {
    const { time, random, cluster, plan, parts } = world;
    this.name = name;
    this.#world = world;
    this.process = new SimProcess(name, time, random);
    if (plan.wrongClocks) this.process.clockOffsetMs = random.int(-plan.wrongClocks, plan.wrongClocks);
    this.#commands = cluster.connect(this.process, () => {
      this.#readAgain();
      if (this.#outboxes.server !== this.#commands.server) this.#outboxes.reach(this.#commands.server);
    });
    this.#outboxes = cluster.connect(this.process, () => this.#readAgain());
    this.#fold = parts.createRelayFold();
    this.relays = Array.from({ length: plan.partitions }, (_, partition) => this.#createRelay(partition));
    this.#unopened = new Set(this.relays.keys());
  }

  start(): void {
    void this.#run();
  }

  kill(): void {
    this.process.kill();
    this.#world.cluster.disconnect(this.#commands);
    this.#world.cluster.disconnect(this.#outboxes);
  }

  /** What it still has to do. */
  unfinished(): string[] {
    if (!this.#hasBegun) return [`${this.name} has not begun`];
    return this.relays.flatMap((relay, partition) => {
      const [open, waits] = [relay.ledger.openCount(), relay.waiting.count()];
      return [
        ...relay.troubles(),
        ...open > 0 ? [`${this.name} has ${open} open events in ${partition}`] : [],
        ...waits > 0 ? [`${this.name} has ${waits} waiting in ${partition}`] : [],
      ];
    });
  }

  #createRelay(partition: number): PartitionRelay {
    const generationOf = (): string => this.#generations.get(partition) ?? '';
    const { parts, trace } = this.#world;
    const relay = new PartitionRelay({
      partition, fold: this.#fold, clock: this.process, metrics: simMetrics,
      log: simLog((text) => trace(() => `${this.name}: ${text}`)),
      layouts: {
        get: (_, saleId) => this.#commands.call((server) =>
          (server.of(partition).sales.has(saleId) ? simLayout : undefined)),
        forget: () => undefined,
      },
      put: (data) => this.#put(partition, data),
      accept: (ids, trim) => this.#commands.call((server) =>
        server.accept(partition, generationOf(), ids, trim)),
      suspend: (saleId, epoch) => this.#commands.call((server) => {
        if (parts.suspendsNobody) return undefined;
        const later = server.suspend(partition, generationOf(), saleId, epoch);
        if (later === undefined) this.#world.stops += 1;
        trace(() => `${this.name} suspends ${saleId} ${epoch} on ${server.name}: ${later ?? 'done'}`);
        return later;
      }),
      setAside: (saleId, events) => this.#commands.call((server) =>
        this.#setAside(server, partition, saleId, events)),
      dropVoid: (saleId, epoch, ids) => this.#commands.call((server) =>
        server.dropVoid(partition, generationOf(), { saleId, epoch }, ids)),
      hasSetAside: (saleId) => this.#commands.call((server) => server.of(partition).contradicted.has(saleId)),
    });
    breakRelay(relay, parts);
    return relay;
  }

  #setAside(server: SimRedis, partition: number, saleId: string, events: PackedEvent[]): boolean {
    const ids = events.map(({ id }) => id).join(' ');
    this.#world.trace(() => `${this.name} sets aside ${ids} on ${server.name}`);
    return server.setAside(partition, this.#generations.get(partition) ?? '', saleId, events);
  }

  async #run(): Promise<void> {
    const { bus, random, plan, parts } = this.#world;
    await this.#insist(() => this.#readOutboxes());
    const known = await this.#askEventStore();
    this.#fromHorizon = known === undefined;
    const tip = Promise.withResolvers<void>();
    followShards({
      bus, random, process: this.process, positions: known?.positions ?? new Map(),
      delayMs: () => (this.#world.isCalm() ? 20 : plan.readDelayMs),
      childrenFirst: parts.readsChildrenFirst,
      onBatch: async (batch) => {
        await readLog(batch, {
          fold: this.#fold, relays: this.relays, metrics: simMetrics,
          log: simLog((text) => this.#world.trace(() => `${this.name}: ${text}`)),
          partitionsSeen: this.#partitionsSeen,
          fromHorizon: () => this.#fromHorizon,
        });
        return true;
      },
      onTip: () => tip.resolve(),
    });
    await tip.promise;
    this.#fromHorizon = false;
    await this.#insist(() => this.#openPartitions());
    this.#hasBegun = true;
    this.process.after(TICK_MS, () => void this.#tick());
    await this.#followOutboxes();
  }

  async #readOutboxes(): Promise<void> {
    for (const [partition, found] of await this.#readGenerations()) {
      if (found !== '') this.#generations.set(partition, found);
    }
    while (await this.#readOutboxesOnce());
  }

  #readGenerations(): Promise<Map<number, string>> {
    return this.#commands.call(({ partitions }) =>
      new Map(partitions.map(({ generation }, p) => [p, generation])));
  }

  /** Returns false when nothing was there. */
  async #readOutboxesOnce(): Promise<boolean> {
    const { relays } = this;
    const restartsBefore = this.#restarts;
    const found = await this.#outboxes.call(({ partitions }) =>
      partitions.map(({ outbox }, p) => entriesAfter(outbox, this.#cursors.get(p)).slice(0, ENTRIES_MAX)));
    if (restartsBefore !== this.#restarts) return true;
    for (const [partition, entries] of found.entries()) {
      const last = entries.at(-1);
      if (last === undefined) continue;
      this.#cursors.set(partition, last.id);
      relays[partition]?.offer(entries);
    }
    return found.some((entries) => entries.length > 0);
  }

  async #followOutboxes(): Promise<void> {
    for (;;) {
      const changed = this.#outboxes.server.changed();
      const restarts = this.#restarts;
      try {
        if (!await this.#readOutboxesOnce() && restarts === this.#restarts) {
          await Promise.race([changed, this.process.sleep(BLOCK_MS)]);
        }
      } catch {
        this.#readAgain();
        await this.process.sleep(this.#world.random.int(50, 500));
      }
      await this.process.sleep(2);
    }
  }

  #readAgain(): void {
    this.#restarts += 1;
    this.#cursors.clear();
    for (const relay of this.relays) relay.restart();
  }

  async #askEventStore(): Promise<{ positions: Map<string, string> } | undefined> {
    const { eventStore, plan, isCalm, random } = this.#world;
    await this.process.sleep(random.float() * 20);
    const isAway = plan.eventStoreIsAway && !isCalm();
    this.#storeTrouble = isAway;
    if (isAway) return undefined;
    const ids = new Set(this.relays.flatMap(({ ledger }) => [...ledger.openEvents()].map(({ id }) => id)));
    const known = eventStore.tell([...ids]);
    await this.process.sleep(random.float() * 20);
    for (const [saleId, head] of known.heads) {
      const { seq } = this.#fold.head(saleId);
      const isWanted = seq === 0 || this.relays.some(({ waiting }) => waiting.has(saleId));
      if (isWanted && head.seq > seq) this.#fold.setHead(saleId, head);
      this.#partitionsSeen.set(Number(saleId.split('-')[0]?.slice(1)), 0);
    }
    for (const relay of this.relays) {
      relay.learn(known.acceptedIds, ({ id, saleId, seq }) =>
        ids.has(id) && seq <= (known.heads.get(saleId)?.seq ?? 0) ? known.acceptedIds.has(id) : undefined);
    }
    return known;
  }

  async #openPartitions(): Promise<void> {
    for (const [partition, found] of await this.#readGenerations()) {
      if (!this.#unopened.has(partition) || (found === '' && this.#storeTrouble)) continue;
      const isNew = found === '' && !this.#partitionsSeen.has(partition);
      const generation = isNew
        ? await this.#commands.call((server) =>
          server.startGeneration(partition, `g-${this.name}-${Math.floor(this.process.elapsedMs())}`))
        : found;
      // What was read before was of a Redis that lost it, and this one's positions may be lower.
      if (generation !== this.#generations.get(partition)) this.#readAgain();
      this.#generations.set(partition, generation);
      this.#unopened.delete(partition);
      this.relays[partition]?.setForeign(generation === '');
      this.relays[partition]?.begin();
    }
  }

  async #tick(): Promise<void> {
    this.process.after(TICK_MS, () => void this.#tick());
    for (const relay of this.relays) relay.tick();
    void this.#tickEventStore();
    try {
      const generations = await this.#readGenerations();
      for (const [partition, found] of generations) this.#compareGeneration(partition, found);
      if (this.#unopened.size > 0) await this.#openPartitions();
    } catch {
      // Asked again with the next tick.
    }
  }

  /** Another generation was written by the recovery of the partition: this Redis is another one now. */
  #compareGeneration(partition: number, found: string): void {
    if (this.#unopened.has(partition)) return;
    if (found !== '' && this.#generations.get(partition) !== found) {
      this.#generations.set(partition, found);
      this.#readAgain();
    }
    this.relays[partition]?.setForeign(found === '');
  }

  async #tickEventStore(): Promise<void> {
    const isWaiting = this.relays.some(({ waiting }) => waiting.count() > 0);
    if (this.#isAskingStore || (!this.#storeTrouble && !isWaiting)) return;
    this.#isAskingStore = true;
    await this.#askEventStore();
    this.#isAskingStore = false;
  }

  /** The bus takes a record, or not, or late, or twice, and says so, or not. */
  #put(partition: number, data: Uint8Array): Promise<void> {
    const { time, random, bus, plan, parts, isCalm, trace } = this.#world;
    const { process } = this;
    const ids = parts.announcesOnSend
      ? decodeBatch(decompress(data, RECORD_TEXT_BYTES_MAX)).map(({ id }) => id)
      : [];
    const trouble = isCalm() ? 1 : random.float() / plan.busTrouble;
    trace(() => `${this.name} puts a record of partition ${partition}`);
    return new Promise((resolve, reject) => {
      const landMs = random.float() * PUT_MS_MAX;
      const land = (ms: number): void => time.after(ms, () => bus.land(partition, data));
      if (trouble < 0.25) {
        process.after(landMs, () => reject(new Error('the bus does not take it')));
      } else if (trouble < 0.5) {
        land(landMs);
        const replyMs = landMs + random.float() * PUT_TIMEOUT_MS;
        process.after(replyMs, () => reject(new Error('the reply got lost')));
      } else if (trouble < 0.75) {
        land(random.float() * LATE_MS_MAX);
        process.after(PUT_TIMEOUT_MS, () => reject(new Error('no reply in time')));
      } else {
        land(landMs);
        if (trouble < 1) land(landMs + random.float() * LATE_MS_MAX);
        process.after(landMs + random.float() * PUT_MS_MAX, () => {
          if (ids.length > 0) this.#announceUnread(partition, ids);
          resolve();
        });
      }
    });
  }

  #announceUnread(partition: number, ids: string[]): void {
    const generation = this.#generations.get(partition) ?? '';
    void this.#commands.call((server) => server.accept(partition, generation, ids, undefined))
      .catch(() => undefined);
  }

  async #insist(step: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await step();
      } catch {
        await this.process.sleep(this.#world.random.int(100, 1_000));
      }
    }
  }
}

function entriesAfter(outbox: SimEntry[], cursor: string | undefined): SimEntry[] {
  if (cursor === undefined) return outbox;
  return outbox.filter(({ id }) => comparePositions(id, cursor) > 0);
}

function comparePositions(a: string, b: string): number {
  const [aMs = 0, aN = 0] = a.split('-').map(Number);
  const [bMs = 0, bN = 0] = b.split('-').map(Number);
  return aMs - bMs || aN - bN;
}
