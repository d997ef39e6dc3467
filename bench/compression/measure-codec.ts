import {
  brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync, zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import { compress } from '../../services/shared/platform/compression.ts';

export interface Codec {
  name: string;
  pack(text: Buffer): Buffer;
  unpack(data: Buffer): Buffer;
}

export interface Measured {
  bytesPerEvent: number;
  compressUsPerEvent: number;
  decompressUsPerEvent: number;
}

const zstd = (level: number): Codec => ({
  name: `zstd ${level}`,
  pack: (text) => zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: level } }),
  unpack: (data) => zstdDecompressSync(data),
});
/** As services/shared/platform/compression.ts packs it. */
const zstdInUse: Codec = {
  name: 'zstd 6, deep', pack: (text) => compress(text), unpack: (data) => zstdDecompressSync(data),
};
const gzip = (level: 1 | 6 | 9): Codec => ({
  name: `gzip ${level}`,
  pack: (text) => gzipSync(text, { level }),
  unpack: (data) => gunzipSync(data),
});
const brotli = (quality: number): Codec => ({
  name: `brotli ${quality}`,
  pack: (text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }),
  unpack: (data) => brotliDecompressSync(data),
});
const plain: Codec = { name: 'plain', pack: (text) => text, unpack: (data) => data };

/** What could be on the bus; platform/compression.ts has those that are. */
export const CODECS: readonly Codec[] = [
  plain, gzip(1), gzip(6), gzip(9), zstd(1), zstd(3), zstd(6), zstdInUse, zstd(9), zstd(19),
  brotli(1), brotli(4),
];

/** CPU time in either direction, so that a tick of the clock means nothing. */
const MEASURE_US_MIN = 40_000;

/** Cuts events into batches as the relay does, packs each and measures packing and unpacking them again. */
export function measureCodec(codec: Codec, texts: readonly string[], batchSize: number): Measured {
  const batches: Buffer[] = [];
  for (let i = 0; i + batchSize <= texts.length; i += batchSize) {
    batches.push(Buffer.from(`[${texts.slice(i, i + batchSize).join(',')}]`));
  }
  const packed = batches.map((batch) => codec.pack(batch));
  const bytes = packed.reduce((sum, { length }) => sum + length, 0);
  return {
    bytesPerEvent: bytes / (batches.length * batchSize),
    compressUsPerEvent: usPerRun(batches, codec.pack) / batchSize,
    decompressUsPerEvent: usPerRun(packed, codec.unpack) / batchSize,
  };
}

/** CPU time of this process: what others do on the machine is not in it. */
function usPerRun(inputs: readonly Buffer[], run: (input: Buffer) => Buffer): number {
  const start = process.cpuUsage();
  for (let runs = 1; ; runs++) {
    run(inputs[runs % inputs.length] ?? Buffer.alloc(0));
    const { user, system } = process.cpuUsage(start);
    if (user + system >= MEASURE_US_MIN) return (user + system) / runs;
  }
}
