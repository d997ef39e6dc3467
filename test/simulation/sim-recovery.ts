import { GENESIS } from '../../services/shared/contracts/log-rule.ts';
import type { Head } from '../../services/shared/contracts/log-rule.ts';
import { saleIdOf } from './sim-api.ts';
import type { SimConnection } from './sim-cluster.ts';
import { SimProcess } from './sim-process.ts';
import type { HotSale, SimRedis } from './sim-redis.ts';
import type { SimWorld } from './sim-world.ts';

/** Reading the log and writing the state takes its time, and the world goes on meanwhile. */
const REBUILD_MS_MAX = 3_000;
const LOOK_MS_MAX = 2_000;

interface KnownHead extends Head {
  epoch: number;
}

/**
 * What brings a sale back: one that is suspended, is behind the log, or has another event where the log has
 * one, is rebuilt from the log as it was at one moment and goes on in the next epoch; a Redis without
 * generation gets one, and all its sales are rebuilt. Several may be at work at once. It stands for
 * services/relay/recovery, and waits for less: what that one avoids has to be survived here.
 */
export class SimRecovery {
  readonly process: SimProcess;
  readonly #world: SimWorld;
  readonly #connection: SimConnection;
  #calls = 0;

  constructor(world: SimWorld, name: string) {
    this.#world = world;
    this.process = new SimProcess(name, world.time, world.random);
    this.#connection = world.cluster.connect(this.process, () => undefined);
    void this.#work();
  }

  async #work(): Promise<void> {
    for (;;) {
      await this.process.sleep(this.#world.random.int(LOOK_MS_MAX / 4, LOOK_MS_MAX));
      try {
        for (let p = 0; p < this.#world.plan.partitions; p++) await this.#look(p);
      } catch {
        // Redis does not answer; it is looked at again.
      }
    }
  }

  async #look(partition: number): Promise<void> {
    const { plan, cluster } = this.#world;
    const saleIds = Array.from({ length: plan.salesPerPartition }, (_, i) => saleIdOf(partition, i));
    // The log first: what it has, Redis has as well, or is behind it.
    const log = new Map(saleIds.map((saleId) => [saleId, this.#headOf(saleId)]));
    const { generation, sales } = await this.#connection.call((server) => {
      const { generation, sales } = server.of(partition);
      return { generation, sales: new Map([...sales].map(([saleId, sale]) => [saleId, { ...sale }])) };
    });
    if (generation === '') {
      await this.#startAnew(partition);
      return;
    }
    for (const saleId of saleIds) {
      const sale = sales.get(saleId);
      if (sale === undefined) {
        await this.#connection.call((server) => server.suspend(partition, generation, saleId, undefined));
        continue;
      }
      const head = log.get(saleId) ?? { ...GENESIS, epoch: 0 };
      if (sale.state === 'open' && isBehind(sale, head)) {
        await this.#connection.call((server) => server.suspend(partition, generation, saleId, undefined));
        const { name } = cluster.primary;
        this.#world.trace(() => `${this.process.name} suspends ${saleId}: behind the log (${name})`);
      }
      if (sale.state === 'recovering') await this.#rebuild(partition, generation, saleId, sale);
    }
  }

  /** A Redis that lost everything gets a new generation; its sales are rebuilt one by one. */
  async #startAnew(partition: number): Promise<void> {
    const generation = `g-${this.process.name}-${this.#calls += 1}`;
    await this.#connection.call((server) => server.startGeneration(partition, generation));
    this.#world.trace(() => `${this.process.name} starts generation ${generation}`);
  }

  async #rebuild(partition: number, generation: string, saleId: string, before: HotSale): Promise<void> {
    const head = this.#headOf(saleId);
    const epoch = Math.max(head.epoch, before.epoch) + 1;
    await this.process.sleep(this.#world.random.float() * REBUILD_MS_MAX);
    const nonce = `${this.process.name}.${this.#calls += 1}`;
    await this.#connection.call((server) => {
      const sale = server.of(partition).sales.get(saleId);
      if (sale?.state !== 'recovering' || sale.since !== before.since) return;
      const restored: HotSale = { ...head, epoch, state: 'open', since: '' };
      restore(server, { partition, generation, nonce, saleId, sale: restored });
      this.#world.trace(() =>
        `${this.process.name} recovers ${saleId} on ${server.name} at ${JSON.stringify(restored)}`);
    });
  }

  #headOf(saleId: string): KnownHead {
    const last = this.#world.bus.log.of(saleId).at(-1);
    return last === undefined ? { ...GENESIS, epoch: 0 } : { seq: last.seq, id: last.id, epoch: last.epoch };
  }
}

function isBehind(sale: HotSale, log: Head): boolean {
  return log.seq > sale.seq || (log.seq === sale.seq && log.id !== sale.id);
}

/** restore-sale: the state of the fold, and the event that says so. */
function restore(
  server: SimRedis,
  { partition, generation, nonce, saleId, sale }: {
    partition: number; generation: string; nonce: string; saleId: string; sale: HotSale;
  },
): void {
  server.change(partition, {
    generation, nonce, sales: [{ saleId, lines: ['sale.recovered\trecovery \t{"lostMs":0}'] }],
    beforehand: (hot) => {
      hot.sales.set(saleId, { ...sale });
      for (const id of hot.contradicted.get(saleId) ?? []) hot.unconfirmed.delete(id);
      hot.contradicted.delete(saleId);
    },
  });
}
