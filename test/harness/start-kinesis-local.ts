/**
 * The second Kinesis emulator, kinesis-local: UpdateShardCount and SubscribeToShard, which kinesalite lacks,
 * and a stricter reading of the documentation elsewhere. It takes two seconds and 190 MB, so only the test
 * files that need it start one, for themselves; it dies with the test process whatever happens to that.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { awaitServer } from '../../infra/local/await-server.ts';
import { findAnyFreePort } from '../../infra/local/find-free-port.ts';
import { spawnGuarded } from '../../infra/local/spawn-guarded.ts';
import type { Teardown } from './teardown.ts';

const main = createRequire(import.meta.url).resolve('kinesis-local');
const preload = fileURLToPath(new URL('./listen-on-loopback.mjs', import.meta.url));
/** How long it says that a stream is being created or changed: as short as it goes, as kinesalite here. */
const CHANGE_MS = 20;

export interface KinesisLocal {
  /** of the endpoint, plain HTTP on 127.0.0.1 */
  url: string;
  pid: number;
}

/** Starts it without any stream, in memory; stopped in the teardown. */
export async function startKinesisLocal(t: Teardown): Promise<KinesisLocal> {
  const folder = process.env['TEST_FOLDER'] ?? tmpdir();
  mkdirSync(folder, { recursive: true });
  const logPath = join(folder, `kinesis-local-${randomBytes(6).toString('hex')}.log`);
  const port = await findAnyFreePort();
  const changes = ['CREATE_STREAM', 'DELETE_STREAM', 'REGISTER_STREAM_CONSUMER',
    'DEREGISTER_STREAM_CONSUMER', 'MERGE_SHARDS', 'SPLIT_SHARD', 'UPDATE_SHARD_COUNT'];
  const log = openSync(logPath, 'a');
  const child = await spawnGuarded({
    command: process.execPath,
    args: ['--import', preload, main],
    env: {
      PATH: process.env['PATH'],
      KINESIS_MOCK_PLAIN_PORT: String(port),
      // Nobody uses TLS here: any port does.
      KINESIS_MOCK_TLS_PORT: '0',
      // Otherwise looked for in the working directory.
      KINESIS_MOCK_CERT_PATH: join(dirname(main), 'server.json'),
      SHARD_LIMIT: '10000',
      LOG_LEVEL: 'ERROR',
      ...Object.fromEntries(changes.map((name) => [`${name}_DURATION`, `${CHANGE_MS}ms`])),
    },
    output: log,
    // It has nothing to save.
    killAfterS: 2,
  });
  closeSync(log);
  t.teardown(() => child.stop());
  const url = `http://127.0.0.1:${port}`;
  await awaitServer({
    name: 'kinesis-local', child, logPath, deadlineMs: 60_000,
    answers: async () => (await fetch(`${url}/healthcheck`)).ok,
  });
  return { url, pid: child.pid };
}
