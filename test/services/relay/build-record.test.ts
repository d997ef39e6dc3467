import { randomBytes } from 'node:crypto';
import t from 'tap';
import { buildRecord } from '../../../services/relay/build-record.ts';
import {
  BATCH_EVENTS_MAX, RECORD_BYTES_MAX, RECORD_TEXT_BYTES_MAX,
} from '../../../services/shared/contracts/bus-record.ts';
import { decompress } from '../../../services/shared/platform/compression.ts';

const unpack = (data: Uint8Array): string[] =>
  (JSON.parse(decompress(data, RECORD_TEXT_BYTES_MAX)) as unknown[]).map((event) => JSON.stringify(event));

t.test('takes as many events as a record may hold', async (t) => {
  const texts = Array.from({ length: BATCH_EVENTS_MAX + 5 }, (_, i) => `{"n":${i}}`);
  const { data, count } = buildRecord(texts);
  t.equal(count, BATCH_EVENTS_MAX);
  t.same(unpack(data), texts.slice(0, count));
});

t.test('stops before the limit of the text', async (t) => {
  const texts = Array.from({ length: 10 }, () => JSON.stringify({ text: 'x'.repeat(1_000_000) }));
  t.equal(buildRecord(texts).count, 4);
});

t.test('takes fewer when they compress badly', async (t) => {
  const noise = (bytes: number): string => JSON.stringify({ noise: randomBytes(bytes).toString('base64') });
  const texts = Array.from({ length: 30 }, () => noise(60_000));
  const { data, count } = buildRecord(texts);
  t.ok(count > 1 && count < 30 && data.length <= RECORD_BYTES_MAX);
  t.same(unpack(data), texts.slice(0, count));
});

t.test('says when a single event is too large', async (t) => {
  const text = JSON.stringify({ noise: randomBytes(1_500_000).toString('base64') });
  t.throws(() => buildRecord([text, '{}']), { message: /one event takes 1\d{6} bytes/ });
});
