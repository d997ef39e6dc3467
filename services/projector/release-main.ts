import { hostname, userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { loadConfig } from '../shared/platform/config.ts';
import { createLog } from '../shared/platform/log.ts';
import { connectPg } from '../shared/platform/pg.ts';
import { PrepareConfig } from './config.ts';
import { releasePartition } from './release-partition.ts';

// Releases a parked partition: `node services/projector/release-main.ts p07 [--skip] [--why TEXT]` with
// DATABASE_URL, and EVENT_STORE_URL if that is another database (docs/runbooks/parked-partitions.md). Exit
// code 1 with one sentence when it stays parked. The audit tells who has done it: the user of the system,
// from this host, and why.
const log = createLog({ name: 'projector-release', level: process.env['LOG_LEVEL'] ?? 'info' });
const config = loadConfig(PrepareConfig, process.env);
const { values, positionals: [partition = ''] } = parseArgs({
  allowPositionals: true, options: { skip: { type: 'boolean', default: false }, why: { type: 'string' } },
});
const events = connectPg(config.EVENT_STORE_URL ?? config.DATABASE_URL, {
  name: 'projector-release', log, poolMax: 1,
});
const legacy = connectPg(config.DATABASE_URL, { name: 'projector-release-legacy', log, poolMax: 1 });
try {
  if (!/^p\d{2,5}$/.test(partition)) throw new Error('name a partition, such as p07');
  const doer = { actor: `operator:${userInfo().username}`, from: hostname(), why: values.why };
  const released = await releasePartition({ events, legacy }, { partition, skips: values.skip, doer });
  if (released.stoppedBy === undefined) log.info({ partition, ...released }, 'the partition is released');
  else {
    log.error({ partition, ...released }, `${partition} stays parked: ${released.stoppedBy}`);
    process.exitCode = 1;
  }
} catch (error) {
  log.fatal({ err: error }, `${partition} cannot be released: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await Promise.all([events.end(), legacy.end()]);
}
