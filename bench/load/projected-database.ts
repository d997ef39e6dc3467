import { setTimeout as sleep } from 'node:timers/promises';
import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { Client } from 'pg';
import { migrate as migrateLegacy } from '../../services/legacy/migrate.ts';
import { migrate as migrateEventStore } from '../../services/projector/migrate.ts';
import { partitionName } from '../../services/shared/contracts/partition-of.ts';
import { loadSql } from '../../services/shared/platform/pg.ts';
import type { Lab } from '../open-lab.ts';
import { buildRecords } from './sale-logs.ts';
import type { SaleLog } from './sale-logs.ts';

const COUNT_PROJECTED = loadSql(import.meta.url, './count-projected.sql');
const COUNT_PROJECTIONS = loadSql(import.meta.url, './count-projections.sql');
const LOOK_MS = 5;
const WAIT_MS_MAX = 120_000;

/** One database of the lab's server, ready for a projector. */
export async function createDatabase(lab: Lab, name: string): Promise<string> {
  const url = new URL(await lab.postgresUrl());
  const client = new Client({ connectionString: url.href });
  await client.connect();
  await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  await client.end();
  url.pathname = `/${name}`;
  const silent = { info: (): void => undefined };
  await migrateLegacy(url.href, silent);
  await migrateEventStore(url.href, silent);
  return url.href;
}

/** For the scenario's own looks. When the run is ended from outside, the server stops before it does. */
export async function connectWatcher(databaseUrl: string): Promise<Client> {
  const database = new Client({ connectionString: databaseUrl });
  database.on('error', () => undefined);
  await database.connect();
  return database;
}

/**
 * Puts the logs into a stream, those of a partition one record after the other. They are packed before: what
 * it gives begins to put them when it is called.
 */
export function prepareStream(
  client: KinesisClient, streamName: string, logs: readonly SaleLog[],
): () => Promise<void> {
  const byPartition = new Map<string, Buffer[]>();
  for (const log of logs) {
    const name = partitionName(log.partition);
    byPartition.set(name, [...byPartition.get(name) ?? [], ...buildRecords(log)]);
  }
  return async () => {
    await Promise.all([...byPartition].map(async ([PartitionKey, records]) => {
      for (const Data of records) {
        await client.send(new PutRecordCommand({ StreamName: streamName, PartitionKey, Data }));
      }
    }));
  };
}

/** Waits until every projection has the last event of every log. */
export async function awaitProjected(database: Client, logs: readonly SaleLog[]): Promise<void> {
  const { rows: [projections] } = await database.query<{ count: number }>(COUNT_PROJECTIONS);
  const wanted = logs.length * (projections?.count ?? NaN);
  const values = [
    logs.map(({ saleId }) => saleId), logs.map(({ events }) => Number(events.at(-1)?.sequence)),
  ];
  const deadlineAtMs = performance.now() + WAIT_MS_MAX;
  for (;;) {
    const { rows: [projected] } = await database.query<{ count: number }>(COUNT_PROJECTED, values);
    if (projected?.count === wanted) return;
    if (performance.now() > deadlineAtMs) {
      throw new Error(`${projected?.count ?? 0} of ${wanted} projections have got to the end`);
    }
    await sleep(LOOK_MS);
  }
}
