import type { SimConnection } from './sim-cluster.ts';
import { SimProcess } from './sim-process.ts';
import type { SimWorld } from './sim-world.ts';

/** A block's line per kind of event: an order waits for the log, a hold is announced to nobody. */
const LINES = [
  'order.confirmed\tbuyer \to_1\th_1\tb_1\t0,0,0,2500,1,0,-1,\t\t{"paymentMethod":"free"}',
  'hold.released\tbuyer \th_1\tb_1\t0,0,0,2500,2,0,-1,',
  'stock.blocked\toperator:ann \t{"areaId":"floor","quantity":1,"reason":"camera"}',
];
const ORDER = 0;
/** A read that finds nothing waits so long at most. */
const BLOCK_MS = 3_000;

/**
 * A process that sells: its orders are one script call each, and it tells the buyer once the order's event is
 * announced, by id, as services/selling/accepted-follower.ts does.
 */
export class SimApi {
  readonly process: SimProcess;
  readonly #world: SimWorld;
  readonly #connection: SimConnection;
  readonly #generations = new Map<number, string>();
  readonly #told = new Set<string>();
  readonly #waiting = new Set<string>();
  #calls = 0;
  #positions = new Map<number, number>();
  #reading = 0;

  constructor(world: SimWorld, name: string) {
    this.#world = world;
    this.process = new SimProcess(name, world.time, world.random);
    this.#connection = world.cluster.connect(this.process, () => {
      this.#reading += 1;
      this.#positions.clear();
    });
    void this.#follow();
  }

  /** A call that changes one or two sales of a partition. */
  async order(): Promise<void> {
    const { random, plan, trace } = this.#world;
    const partition = random.int(0, plan.partitions - 1);
    const first = random.int(0, plan.salesPerPartition - 1);
    const numbers = random.chance(0.3) && plan.salesPerPartition > 1 ? [first, 1 - first] : [first];
    const sales = numbers.map((number) => ({
      saleId: saleIdOf(partition, number),
      lines: Array.from({ length: random.chance(0.1) ? 12 : random.int(1, 3) }, () => random.pick(LINES)),
    }));
    const nonce = `${this.process.name}.${this.#calls += 1}`;
    try {
      const ids = await this.#connection.call((server) => {
        const generation = this.#generations.get(partition) ?? '';
        const ids = server.change(partition, { generation, nonce, sales });
        const states = sales.map(({ saleId }) => ({ saleId, ...server.of(partition).sales.get(saleId) }));
        if (ids !== undefined) trace(() => `${server.name} takes ${ids.join(' ')} ${JSON.stringify(states)}`);
        return ids;
      });
      if (ids === undefined) await this.#learnGenerations();
      else this.#await(ids, sales.flatMap(({ lines }) => lines));
    } catch {
      // The buyer asks again, and is told of the order then; this one is not waited for.
    }
  }

  #await(ids: string[], lines: string[]): void {
    for (const [i, id] of ids.entries()) {
      if (lines[i] !== LINES[ORDER]) continue;
      if (this.#told.has(id)) this.#acknowledge(id);
      else this.#waiting.add(id);
    }
  }

  async #learnGenerations(): Promise<void> {
    const found = await this.#connection.call(({ partitions }) =>
      partitions.map(({ generation }) => generation));
    for (const [partition, generation] of found.entries()) this.#generations.set(partition, generation);
  }

  async #follow(): Promise<void> {
    for (;;) {
      const { server } = this.#connection;
      const changed = server.changed();
      try {
        if (!await this.#read()) await Promise.race([changed, this.process.sleep(BLOCK_MS)]);
      } catch {
        await this.process.sleep(100);
      }
      await this.process.sleep(5);
    }
  }

  async #read(): Promise<boolean> {
    const reading = this.#reading;
    const found = await this.#connection.call(({ partitions }) =>
      partitions.map(({ accepted }, p) => accepted.slice(this.#positions.get(p) ?? 0)));
    if (reading !== this.#reading) return true;
    for (const [partition, announcements] of found.entries()) {
      this.#positions.set(partition, (this.#positions.get(partition) ?? 0) + announcements.length);
      for (const { kind, eventIds } of announcements) {
        // Who waits for one that is lost asks again, and is told of the order that there is, if there is one.
        for (const id of eventIds) if (kind === 'ids') this.#tell(id); else this.#waiting.delete(id);
      }
    }
    return found.some((announcements) => announcements.length > 0);
  }

  #tell(id: string): void {
    this.#told.add(id);
    const ids = this.#world.parts.acknowledgesByPosition ? [...this.#waiting] : [id];
    for (const one of ids) if (this.#waiting.delete(one)) this.#acknowledge(one);
  }

  #acknowledge(eventId: string): void {
    const { bus, fail, trace, acknowledged } = this.#world;
    trace(() => `${this.process.name} acknowledges ${eventId}`);
    acknowledged.add(eventId);
    if (!bus.log.has(eventId)) fail(`${eventId} is acknowledged, and the log does not have it`);
  }
}

/** `p1-s0`. */
export function saleIdOf(partition: number, number: number): string {
  return `p${partition}-s${number}`;
}
