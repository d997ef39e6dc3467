import t from 'tap';
import { startAtEvent } from '../../../../services/shared/event-store/start-at-event.ts';
import { decodeBatch } from '../../../../services/shared/contracts/bus-record.ts';
import { createLog } from '../../../../services/shared/platform/log.ts';
import { decompress } from '../../../../services/shared/platform/compression.ts';
import { ensureStream } from '../../../../services/shared/platform/kinesis.ts';
import { createReader } from '../../../../services/shared/platform/reader/create-reader.ts';
import { awaitThat } from '../../../harness/await-that.ts';
import { openBus } from '../../../harness/open-bus.ts';
import { startService } from '../../../stack.ts';

t.test('a reader that starts at an event of a sale gets it and all later ones', async (t) => {
  const { stack, chain, put, pool, client, settled } = await openBus(t, { shards: 2 });
  await startService(t, 'projector', stack.env);
  const sale = chain('hamlet');
  await put(sale.open());
  for (let i = 0; i < 4; i++) await put(await sale.traffic(2));
  await settled();
  const start = await startAtEvent(pool, 'hamlet', 6);
  if (start === undefined) throw new Error('the event is not stored');
  t.equal(await startAtEvent(pool, 'hamlet', 600), undefined);

  const seqs: number[] = [];
  const reader = createReader({
    client, ...await ensureStream(client, { streamName: stack.streamName, shards: 2 }), pool, start,
    cursor: 'replay', owner: 'test', log: createLog({ name: 'test', level: 'silent' }),
    pollMsMin: 5, pollMsMax: 20,
    async onBatch({ records }) {
      for (const { data } of records) {
        seqs.push(...decodeBatch(decompress(data, 1_000_000)).map(({ sequence }) => Number(sequence)));
      }
    },
  });
  t.teardown(() => reader.stop());
  reader.start();
  await awaitThat('the last event', () => seqs.at(-1) === sale.head.seq);
  const first = seqs[0] ?? 0;
  t.ok(first <= 6 && first > 3, 'from the record on that has it, and not from the beginning');
  t.same(seqs, Array.from({ length: sale.head.seq - first + 1 }, (_, i) => first + i));
});
