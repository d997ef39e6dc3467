import t from 'tap';
import { awaitThat } from '../../../../harness/await-that.ts';
import { openReadStream, total } from '../../../../harness/open-read-stream.ts';

t.test('one process reads all shards, and another goes on where it stopped', async (t) => {
  const { put, sent, read, leases } = await openReadStream(t, { shards: 3 });
  await put();
  const first = read();
  await awaitThat('all of it', () => total(first.got) === total(sent));
  t.same(first.got, sent);
  t.same(first.reader.troubles(), []);
  await first.reader.stop();
  t.same((await leases()).map(({ owner }) => owner), [null, null, null], 'handed over');
  await put();
  const second = read();
  await awaitThat('what came since', () => total(second.got) === 12);
  t.same(second.got, new Map([...sent].map(([key, texts]) => [key, texts.slice(1)])));
});

t.test('processes share the shards evenly, and each record goes to one of them', async (t) => {
  const { put, sent, read } = await openReadStream(t, { shards: 6 });
  const readers = [read(), read(), read()];
  await awaitThat('two shards each', () => readers.every(({ reader }) => reader.shardIds().length === 2));
  for (let i = 0; i < 5; i++) await put();
  await awaitThat('all of it', () => total(...readers.map(({ got }) => got)) >= total(sent));
  for (const [key, texts] of sent) {
    const got = readers.flatMap((one) => one.got.get(key) ?? []);
    t.same([...new Set(got)].toSorted(), texts.toSorted(), 'each of them');
  }
});
