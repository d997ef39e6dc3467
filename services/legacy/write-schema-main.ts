/** Writes `schema.sql` anew from the database at DATABASE_URL, after a migration was added. */
import { writeFileSync } from 'node:fs';
import { loadConfig } from '../shared/platform/config.ts';
import { createLog } from '../shared/platform/log.ts';
import { connectPg } from '../shared/platform/pg.ts';
import { LegacyConfig } from './config.ts';
import { describeSchema } from './describe-schema.ts';
import { migrate } from './migrate.ts';

const config = loadConfig(LegacyConfig, process.env);
const log = createLog({ name: 'legacy-schema', level: config.LOG_LEVEL });
await migrate(config.DATABASE_URL, log);
const pool = connectPg(config.DATABASE_URL, { name: 'legacy-schema', log, poolMax: 1 });
try {
  writeFileSync(new URL('./schema.sql', import.meta.url), await describeSchema(pool));
} finally {
  await pool.end();
}
