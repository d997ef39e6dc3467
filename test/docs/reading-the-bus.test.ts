/** The program of docs/reading-the-bus.md, as several processes that are killed and joined at random. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { spawnGuarded } from '../../infra/local/spawn-guarded.ts';
import type { GuardedChild } from '../../infra/local/spawn-guarded.ts';
import { awaitThat } from '../harness/await-that.ts';
import { openReadStream, total } from '../harness/open-read-stream.ts';

const page = new URL('../../docs/reading-the-bus.md', import.meta.url);
const KILLS = 8;

t.test('killed again and again through splits, it applies each record once, in order per key', async (t) => {
  const { put, sent, stack, pool, split, openShards } = await openReadStream(t, { shards: 2 });
  const folder = process.env['TEST_FOLDER'] ?? '.';
  mkdirSync(folder, { recursive: true });
  const program = join(folder, `archivist-${stack.streamName}.ts`);
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(page, 'utf8')) ?? [];
  writeFileSync(program, code.replaceAll(/'(\.\.\/services[^']*)'/g, (_, path: string) =>
    `'${new URL(path, page).href}'`));
  const living: GuardedChild[] = [];
  const start = async (): Promise<void> => {
    const env = { PATH: process.env['PATH'], ...stack.env };
    const child = await spawnGuarded({ command: process.execPath, args: [program], env, output: 'pipe' });
    for (const stream of child.output) stream.resume();
    t.teardown(() => child.stop());
    living.push(child);
  };
  const archived = async (): Promise<number> =>
    Number((await pool.query('SELECT count(*) FROM archive')).rows[0].count);
  const isArchived = (): Promise<boolean> => archived().then((rows) => rows >= total(sent), () => false);

  await Promise.all([start(), start()]);
  for (let i = 0; i < KILLS; i++) {
    await put();
    if (i % 3 === 1) await split((await openShards())[i % 2] ?? '');
    await put();
    // While some of it is under way, or right when all of it is there.
    if (i % 2 === 0) await awaitThat(`round ${i} is archived`, isArchived, 120_000);
    const [victim] = living.splice(i % living.length, 1);
    if (i % 3 === 2) await victim?.stop();
    else victim?.kill('SIGKILL');
    await start();
  }
  await awaitThat('all of it is archived', isArchived, 120_000);
  const { rows } = await pool.query<{ partition_key: string; data: Buffer }>(
    'SELECT partition_key, data FROM archive ORDER BY place');
  const got = Map.groupBy(rows, (row) => row.partition_key);
  for (const [key, texts] of sent) {
    t.same(got.get(key)?.map(({ data }) => data.toString()), texts, `${key}: once and in order`);
  }
});
