import { gzipSync } from 'node:zlib';
import t from 'tap';
import { CODECS, compress, decompress } from '../../../../services/shared/platform/compression.ts';

const text = JSON.stringify(Array.from({ length: 100 }, (_, i) => ({ id: i, name: 'Ä €' })));

t.test('every codec is read back without being told which', async (t) => {
  for (const codec of CODECS) t.equal(decompress(compress(text, codec), 1_000_000), text, codec);
  t.equal(decompress(gzipSync(text, { level: 9 }), 1_000_000), text, 'from somebody else');
  t.ok(compress(text).length < text.length / 5);
});

t.test('a record that would unpack to more than the limit is refused', async (t) => {
  const bomb = 'x'.repeat(10_000_000);
  for (const codec of ['zstd', 'gzip'] as const) {
    t.throws(() => decompress(compress(bomb, codec), 1_000_000), { code: 'ERR_BUFFER_TOO_LARGE' }, codec);
  }
});

t.test('a torn record is refused', async (t) => {
  for (const codec of ['zstd', 'gzip'] as const) {
    const torn = compress(text, codec).subarray(0, 40);
    t.throws(() => decompress(torn, 1_000_000), codec);
  }
});
