import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/**
 * Text as it travels on the bus. Writers choose a codec, readers tell it from the first bytes, so the codec
 * can be changed at any time without telling anyone. Levels as measured
 * (docs/decisions/0007-zstd-level-6-for-records.md). Synchronous on purpose: a full batch costs about 10 ms,
 * and the order of records would otherwise depend on which one a thread pool finishes first.
 */
export const CODECS = ['zstd', 'gzip', 'plain'] as const;
export type Codec = (typeof CODECS)[number];

const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
const GZIP_MAGIC = [0x1f, 0x8b];

/** Level 6, with a deeper search for fewer and longer repeats: 2 % fewer bytes at the same cost. */
const ZSTD_PARAMS = {
  [constants.ZSTD_c_compressionLevel]: 6,
  [constants.ZSTD_c_strategy]: constants.ZSTD_lazy2,
  [constants.ZSTD_c_searchLog]: 2,
  [constants.ZSTD_c_minMatch]: 5,
};
const GZIP_LEVEL = 1;

/** Compresses text, or the bytes of it in UTF-8. */
export function compress(text: string | Buffer, codec: Codec = 'zstd'): Buffer {
  const plain = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
  if (codec === 'plain') return plain;
  if (codec === 'gzip') return gzipSync(plain, { level: GZIP_LEVEL });
  return zstdCompressSync(plain, { params: ZSTD_PARAMS });
}

/**
 * The text of what `compress` (or anybody with zstd, gzip, or no compression) wrote.
 *
 * @param bytesMax of the text; a record that unpacks to more throws (ERR_BUFFER_TOO_LARGE), as a broken one
 *   does
 */
export function decompress(data: Uint8Array, bytesMax: number): string {
  return unpack(data, bytesMax).toString('utf8');
}

function unpack(data: Uint8Array, bytesMax: number): Buffer {
  if (startsWith(data, ZSTD_MAGIC)) return zstdDecompressSync(data, { maxOutputLength: bytesMax });
  if (startsWith(data, GZIP_MAGIC)) return gunzipSync(data, { maxOutputLength: bytesMax });
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

function startsWith(data: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => data[i] === byte);
}
