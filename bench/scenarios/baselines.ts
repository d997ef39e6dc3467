import { Client } from 'pg';
import { migrate } from '../../services/legacy/migrate.ts';
import { loadSql } from '../../services/shared/platform/pg.ts';
import { holdRequest } from '../load/hold-request.ts';
import { measureRound, sumUp } from '../load/measure-round.ts';
import type { Round } from '../load/measure-round.ts';
import {
  BENCH_AREA, openBenchSale, startGenerations, UNREAD_OUTBOX_LIMITS,
} from '../load/open-bench-sale.ts';
import { createSecrets } from '../open-lab.ts';
import type { Lab, LabServer } from '../open-lab.ts';
import { median } from '../report/percentile.ts';
import type { Findings, Scenario } from '../scenario.ts';

/**
 * The same hold on the same kind of sale, one hot sale with one area, through five servers with the same
 * route schema: ours, the legacy application's row locks, two more ways in PostgreSQL, and our own script
 * with one call per request. They take turns, round by round, and ratios are medians of the rounds' ratios.
 */
const ROUNDS = 6;
const ROUND_MS = 800;
const WARM_UP_MS = 2_500;
const CONNECTIONS = 512;
const PARTITIONS = 64;
/** None sells out: what is compared is accepted holds. */
const CAPACITY = 300_000;
const PRICE_MINOR = 4_500;

/**
 * Connections of the server to PostgreSQL, the best of 2, 4, 8, 16, 32 and 64 (November 2026, 2 cores): with
 * one hot row more of them only wait for each other.
 */
const POOL_MAX_BY_BASELINE = { legacyForUpdate: 8, skipLocked: 16, advisoryLock: 16 };

const NAMES = ['onsale', 'legacyForUpdate', 'skipLocked', 'advisoryLock', 'scriptPerRequest'] as const;
type Name = (typeof NAMES)[number];

export const baselines: Scenario = {
  name: 'baselines',
  summary: 'the same hold through onsale, three ways in PostgreSQL, and one script call per request',
  run: runBaselines,
};

async function runBaselines(lab: Lab, say: (line: string) => void): Promise<Findings> {
  const { adminToken, ...secrets } = createSecrets();
  const servers = await startServers(lab, secrets, adminToken);
  const measure = (name: Name, run: string, durationMs: number): Promise<Round> => {
    const path = `/v1/sales/${saleOf(name)}/holds`;
    const request = holdRequest({ path, areaId: BENCH_AREA, checkoutKey: secrets.CHECKOUT_KEY, run });
    const { url, pid } = servers[name];
    return measureRound({ url, connections: CONNECTIONS, durationMs, request }, pid);
  };
  for (const name of NAMES) await measure(name, 'warm', WARM_UP_MS);
  const rounds = Object.fromEntries(NAMES.map((name) => [name, [] as Round[]])) as Record<Name, Round[]>;
  for (let i = 0; i < ROUNDS; i++) {
    for (const name of NAMES) rounds[name].push(await measure(name, `r${i}`, ROUND_MS));
    const rates = NAMES.map((name) => `${name} ${Math.round(rounds[name][i]?.acceptedPerSecond ?? NaN)}`);
    say(`  round ${i + 1} of ${ROUNDS}, accepted/s: ${rates.join(', ')}`);
  }
  return report(rounds, lab.isPinned);
}

async function startServers(
  lab: Lab,
  secrets: Record<string, string>,
  adminToken: string,
): Promise<Record<Name, LabServer>> {
  const [redisUrl, postgresUrl] = await Promise.all([lab.redisUrl(), lab.postgresUrl()]);
  await startGenerations(redisUrl, PARTITIONS);
  await preparePostgres(postgresUrl);
  const limits = { PARTITIONS: String(PARTITIONS), ...UNREAD_OUTBOX_LIMITS };
  const ours = { ...secrets, ...limits, REDIS_URL: redisUrl };
  const onsale = await lab.startServer('selling', ours);
  const scriptPerRequest = await lab.startServer('unbatched', ours);
  for (const [name, { url }] of [['onsale', onsale], ['scriptPerRequest', scriptPerRequest]] as const) {
    await openBenchSale(url, saleOf(name), { capacity: CAPACITY, adminToken });
  }
  const inSql = (name: keyof typeof POOL_MAX_BY_BASELINE): Promise<LabServer> => lab.startServer('sql', {
    BASELINE: name, DATABASE_URL: postgresUrl, POOL_MAX: String(POOL_MAX_BY_BASELINE[name]),
  });
  return {
    onsale,
    scriptPerRequest,
    legacyForUpdate: await inSql('legacyForUpdate'),
    skipLocked: await inSql('skipLocked'),
    advisoryLock: await inSql('advisoryLock'),
  };
}

async function preparePostgres(url: string): Promise<void> {
  await migrate(url, { info: () => undefined });
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    const sql = (file: string): string => loadSql(import.meta.url, `../baselines/${file}`);
    await client.query(sql('create-baselines.sql'));
    const sale = [BENCH_AREA, CAPACITY, PRICE_MINOR];
    await client.query(sql('open-legacy-show.sql'), [saleOf('legacyForUpdate'), ...sale]);
    await client.query(sql('open-places.sql'), [saleOf('skipLocked'), ...sale]);
    await client.query(sql('open-counter.sql'), [saleOf('advisoryLock'), ...sale]);
    await client.query('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
}

/** Each has a sale of its own, so that none finds the traces of another. */
function saleOf(name: Name): string {
  return `bench-${name.toLowerCase()}`;
}

function report(rounds: Record<Name, Round[]>, isPinned: boolean): Findings {
  const summed = NAMES.map((name) => ({ name, round: sumUp(rounds[name]) }));
  const ratioTo = Object.fromEntries(NAMES.filter((name) => name !== 'onsale').map((name) =>
    [name, Number(median(rounds.onsale.map((ours, i) =>
      ours.acceptedPerSecond / (rounds[name][i]?.acceptedPerSecond ?? NaN))).toFixed(2))]));
  return {
    conditions: {
      rounds: ROUNDS,
      roundMs: ROUND_MS,
      connections: CONNECTIONS,
      load: 'closed loop, one request under way per connection, every request another buyer and key',
      hold: 'one ticket of a general area',
      capacity: CAPACITY,
      pinned: isPinned ? 'HTTP server on core 0; Redis, PostgreSQL and load on core 1' : 'no',
      redis: 'appendfsync always',
      postgres: 'fsync on, synchronous_commit on',
      poolMax: Object.entries(POOL_MAX_BY_BASELINE).map(([name, most]) => `${name} ${most}`).join(', '),
    },
    results: { ...Object.fromEntries(summed.map(({ name, round }) => [name, round])), ratioTo },
    table: [
      ['', 'accepted/s', 'accepted', 'refused', 'errors', 'p50 ms', 'p99 ms', 'onsale is'],
      ...summed.map(({ name, round: { acceptedPerSecond, accepted, refused, errors, p50Ms, p99Ms } }) => {
        const times = ratioTo[name] === undefined ? '' : `${ratioTo[name]} ×`;
        return [name, acceptedPerSecond, accepted, refused, errors, p50Ms, p99Ms, times];
      }),
    ],
    chart: {
      title: 'The same hold on one hot sale',
      unit: 'accepted per second',
      note: `one API process each, ${CONNECTIONS} connections, medians of ${ROUNDS} rounds; `
        + 'all on disk when answered',
      bars: summed.map(({ name, round }) => ({ label: name, value: round.acceptedPerSecond })),
    },
  };
}
