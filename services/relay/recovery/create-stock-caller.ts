import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { partitionKeys } from '../../shared/contracts/keys.ts';
import type { StockCaller } from '../../shared/hot-state/restore-sale.ts';
import { loadScripts, runScript } from '../../shared/platform/scripts.ts';

/** Calls scripts that change sales under the generation that the relay knows. */
export function createStockCaller(redis: Redis, generationOf: (partition: number) => string): StockCaller {
  const scripts = loadScripts();
  return {
    async call(partition, name, keys, args) {
      const script = scripts.get(name);
      if (script === undefined) throw new Error(`lua/${name}.lua is missing`);
      const { generation, outbox, standing } = partitionKeys(partition);
      return runScript(redis, script, [generation, outbox, standing, ...keys],
        [generationOf(partition), randomBytes(9).toString('base64url'), ...args]);
    },
  };
}
