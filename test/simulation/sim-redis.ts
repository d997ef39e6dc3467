import type { Trim } from '../../services/relay/outbox-ledger.ts';
import { GENESIS } from '../../services/shared/contracts/log-rule.ts';
import type { Head } from '../../services/shared/contracts/log-rule.ts';
import type { PackedEvent } from '../../services/shared/contracts/outbox.ts';
import { BEGINNING_MS } from './sim-process.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface SimEntry {
  id: string;
  /** as lua/include/events.lua writes them */
  fields: string[];
  firstEventId: string;
}

export interface HotSale extends Head {
  state: 'open' | 'recovering';
  epoch: number;
  /** of a recovering sale: which suspension it was, as `sinceMs reason` tells it */
  since: string;
}

/** What one Redis holds of one partition. */
export interface HotPartition {
  generation: string;
  outbox: SimEntry[];
  lastEntry: { ms: number; n: number };
  /** ids of each announcement, in order */
  accepted: Announcement[];
  /** ids of orders that wait for the log, with their sale */
  unconfirmed: Map<string, string>;
  sales: Map<string, HotSale>;
  /** ids that were set aside and not recovered yet, by sale */
  contradicted: Map<string, Set<string>>;
  /** not in Redis: ids of all events ever written here, with their sale and epoch, for the verdict */
  written: Map<string, { saleId: string; epoch: number }>;
  /** not in Redis: ids ever set aside */
  setAside: Set<string>;
}

/** Lines of one block of an outbox entry: `type`, a context, and the body. */
export interface NewEvents {
  saleId: string;
  lines: string[];
}

/** An entry of the stream that the API processes follow. */
export interface Announcement {
  /** accepted by the log; lost: set aside, whoever waits for it shall ask again */
  kind: 'ids' | 'lost';
  eventIds: string[];
}

type Change = (partitions: HotPartition[]) => void;

/**
 * One Redis server. Every change is one step; replicas get the changes later and in order, and have none of
 * those under way when the server is lost. The methods are the scripts that they are named after.
 */
export class SimRedis {
  readonly name: string;
  readonly partitions: HotPartition[];
  isDown = false;
  clockOffsetMs = 0;
  readonly #time: VirtualTime;
  readonly #replicas: { server: SimRedis; isAttached: boolean; reachedMs: number }[] = [];
  #suspensions = 0;
  #changed = Promise.withResolvers<void>();

  constructor(name: string, time: VirtualTime, partitions: HotPartition[]) {
    this.name = name;
    this.#time = time;
    this.partitions = partitions;
  }

  /** @param lagMs how long a change takes to get there, asked for each change */
  attachReplica(server: SimRedis, lagMs: () => number): void {
    this.#lagMs = lagMs;
    this.#replicas.push({ server, isAttached: true, reachedMs: 0 });
  }

  /** What is not there yet will never be. */
  detachReplicas(): void {
    for (const replica of this.#replicas) replica.isAttached = false;
  }

  of(partition: number): HotPartition {
    const found = this.partitions[partition];
    if (found === undefined) throw new RangeError(`no partition ${partition}`);
    return found;
  }

  /** Resolves when something changes here, or the server goes down. */
  changed(): Promise<void> {
    return this.#changed.promise;
  }

  goDown(): void {
    this.isDown = true;
    this.detachReplicas();
    this.#notify();
  }

  /**
   * A script that changes sales and writes their events, all in one entry; undefined when it refuses, else
   * the ids.
   */
  change(partition: number, { generation, nonce, sales, beforehand }: {
    generation: string; nonce: string; sales: NewEvents[];
    /** what else the script changes, before the events */
    beforehand?: (hot: HotPartition) => void;
  }): string[] | undefined {
    const hot = this.of(partition);
    if (hot.generation !== generation || generation === '') return undefined;
    if (beforehand === undefined && sales.some(({ saleId }) => hot.sales.get(saleId)?.state !== 'open')) {
      return undefined;
    }
    const nowMs = this.#nowMs();
    this.#write((all) => {
      const hot = ofAll(all, partition);
      beforehand?.(hot);
      appendEntry(hot, { nonce, sales, nowMs });
    });
    return sales.flatMap(({ lines }, number) => lines.map((_, i) => eventId(nonce, nowMs, number, i + 1)));
  }

  /** accept-events. */
  accept(partition: number, generation: string, ids: string[], trim: Trim | undefined): boolean {
    if (this.of(partition).generation !== generation || generation === '') return false;
    this.#write((all) => {
      const hot = ofAll(all, partition);
      for (const id of ids) hot.unconfirmed.delete(id);
      if (ids.length > 0) hot.accepted.push({ kind: 'ids', eventIds: ids });
      if (trim === undefined) return;
      const at = hot.outbox.findIndex(({ id }) => id === trim.entryId);
      if (at < 0 || hot.outbox[at]?.firstEventId !== trim.eventId) return;
      hot.outbox = hot.outbox.filter(({ id }, i) => i > at || trim.spared.includes(id));
    });
    return true;
  }

  /** suspend-sale; returns the sale's epoch when it is a later one than the caller's, else undefined. */
  suspend(
    partition: number, generation: string, saleId: string, epoch: number | undefined,
  ): number | undefined {
    const hot = this.of(partition);
    if (hot.generation !== generation) throw new Error('the partition has another generation');
    const found = hot.sales.get(saleId);
    if (found !== undefined && epoch !== undefined && epoch < found.epoch) return found.epoch;
    if (found?.state === 'recovering') return undefined;
    const since = `${this.name} ${this.#nowMs()} ${this.#suspensions += 1}`;
    this.#write((all) => {
      const { sales } = ofAll(all, partition);
      sales.set(saleId, { ...sales.get(saleId) ?? newSale(), state: 'recovering', since });
    });
    return undefined;
  }

  /** set-aside-events. */
  setAside(partition: number, generation: string, saleId: string, events: PackedEvent[]): boolean {
    if (this.of(partition).generation !== generation || generation === '') return false;
    const lost = events.filter(({ type }) => !type.startsWith('hold.')).map(({ id }) => id);
    this.#write((all) => {
      const { contradicted, setAside, accepted } = ofAll(all, partition);
      contradicted.set(saleId, new Set([...contradicted.get(saleId) ?? [], ...events.map(({ id }) => id)]));
      for (const { id } of events) setAside.add(id);
      if (lost.length > 0) accepted.push({ kind: 'lost', eventIds: lost });
    });
    return true;
  }

  /** drop-void. */
  dropVoid(
    partition: number, generation: string, { saleId, epoch }: { saleId: string; epoch: number },
    ids: string[],
  ): boolean {
    const { generation: ours, sales } = this.of(partition);
    if (ours !== generation || generation === '') return false;
    if ((sales.get(saleId)?.epoch ?? epoch + 1) <= epoch) return false;
    if (ids.length === 0) return true;
    this.#write((all) => {
      const { unconfirmed, accepted } = ofAll(all, partition);
      for (const id of ids) unconfirmed.delete(id);
      accepted.push({ kind: 'lost', eventIds: ids });
    });
    return true;
  }

  /** start-generation and renew-generation; returns the one that holds. */
  startGeneration(partition: number, generation: string): string {
    const { generation: found } = this.of(partition);
    if (found !== '') return found;
    this.#write((all) => {
      const hot = ofAll(all, partition);
      hot.generation = generation;
      hot.outbox = [];
      hot.unconfirmed.clear();
    });
    return generation;
  }

  /** Everything is gone. */
  flush(): void {
    this.#write((all) => {
      for (let i = 0; i < all.length; i++) all[i] = emptyPartition();
    });
  }

  copyOfPartitions(): HotPartition[] {
    return this.partitions.map(copyOf);
  }

  #lagMs: () => number = () => 0;

  #nowMs(): number {
    return Math.round(BEGINNING_MS + this.#time.nowMs + this.clockOffsetMs);
  }

  #write(change: Change): void {
    change(this.partitions);
    for (const replica of this.#replicas) {
      replica.reachedMs = Math.max(replica.reachedMs, this.#time.nowMs + this.#lagMs());
      this.#time.after(replica.reachedMs - this.#time.nowMs, () => {
        if (replica.isAttached) replica.server.#write(change);
      });
    }
    this.#notify();
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** A partition of a Redis that was never used. */
export function emptyPartition(): HotPartition {
  return {
    generation: '', outbox: [], lastEntry: { ms: 0, n: 0 }, accepted: [],
    unconfirmed: new Map(), sales: new Map(),
    contradicted: new Map(), written: new Map(), setAside: new Set(),
  };
}

/** A sale as it is before its first event. */
export function newSale(): HotSale {
  return { ...GENESIS, state: 'open', epoch: 0, since: '' };
}

/** As lua/include/events.lua: a block per sale, one entry for all. */
function appendEntry(
  hot: HotPartition, { nonce, sales, nowMs }: { nonce: string; sales: NewEvents[]; nowMs: number },
): void {
  const fields: string[] = [];
  for (const [number, { saleId, lines }] of sales.entries()) {
    const sale = hot.sales.get(saleId);
    if (sale === undefined) continue;
    const header = [sale.seq + 1, sale.id, sale.epoch, nowMs, idBase(nonce, nowMs, number), 1];
    fields.push(saleId, [header.join('\t'), ...lines].join('\n'));
    for (let i = 1; i <= lines.length; i++) {
      sale.seq += 1;
      sale.id = eventId(nonce, nowMs, number, i);
      hot.written.set(sale.id, { saleId, epoch: sale.epoch });
      if (lines[i - 1]?.startsWith('order.confirmed')) hot.unconfirmed.set(sale.id, saleId);
    }
  }
  // A stream's positions follow the server's clock, and never go back while it lives.
  const { lastEntry } = hot;
  const isLater = nowMs > lastEntry.ms;
  hot.lastEntry = isLater ? { ms: nowMs, n: 0 } : { ms: lastEntry.ms, n: lastEntry.n + 1 };
  const id = `${hot.lastEntry.ms}-${hot.lastEntry.n}`;
  hot.outbox.push({ id, fields, firstEventId: eventId(nonce, nowMs, 0, 1) });
}

function idBase(nonce: string, nowMs: number, number: number): string {
  return `${nonce}-${nowMs}000-${number}-`;
}

function eventId(nonce: string, nowMs: number, number: number, n: number): string {
  return `${idBase(nonce, nowMs, number)}${n}`;
}

function ofAll(all: HotPartition[], partition: number): HotPartition {
  const found = all[partition];
  if (found === undefined) throw new RangeError(`no partition ${partition}`);
  return found;
}

function copyOf(hot: HotPartition): HotPartition {
  return {
    ...hot,
    outbox: [...hot.outbox],
    lastEntry: { ...hot.lastEntry },
    accepted: [...hot.accepted],
    unconfirmed: new Map(hot.unconfirmed),
    sales: new Map([...hot.sales].map(([saleId, sale]) => [saleId, { ...sale }])),
    contradicted: new Map([...hot.contradicted].map(([saleId, ids]) => [saleId, new Set(ids)])),
    written: new Map(hot.written),
    setAside: new Set(hot.setAside),
  };
}
