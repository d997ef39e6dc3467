import { createHash } from 'node:crypto';

/**
 * Records of the Kinesis Producer Library, many user records in one: four magic bytes, a protobuf message,
 * the MD5 of the message (awslabs/amazon-kinesis-producer, aggregation-format.md). The message:
 *
 *     AggregatedRecord { repeated string partition_key_table = 1; repeated Record records = 3;
 *                        repeated string explicit_hash_key_table = 2; }
 *     Record           { required uint64 partition_key_index = 1; required bytes data = 3;
 *                        optional uint64 explicit_hash_key_index = 2; repeated Tag tags = 4; }
 *
 * Our own decoder of these two: npm's `aws-kinesis-agg` 4.2.8 pins protobufjs 7.2.4, which has advisories,
 * and an async 2.6, for 60 lines of work. What is no such record, whatever it begins with, is a plain one.
 */
export interface UserRecord {
  partitionKey: string;
  data: Uint8Array;
}

const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const MD5_BYTES = 16;
const [VARINT, FIXED_64, LENGTH, FIXED_32] = [0, 1, 2, 5];

/** The user records of an aggregated record, in order; undefined when it is not a whole one. */
export function decodeAggregated(data: Uint8Array): UserRecord[] | undefined {
  if (data.byteLength < MAGIC.length + MD5_BYTES) return undefined;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const message = bytes.subarray(MAGIC.length, -MD5_BYTES);
  if (!createHash('md5').update(message).digest().equals(bytes.subarray(-MD5_BYTES))) return undefined;
  try {
    const fields = readFields(message);
    const keys = fields.filter(({ id }) => id === 1).map(({ bytes: key }) => key.toString('utf8'));
    return fields.filter(({ id }) => id === 3).map(({ bytes: record }) => readUserRecord(record, keys));
  } catch {
    return undefined;
  }
}

interface Field {
  id: number;
  value: number;
  bytes: Buffer;
}

function readUserRecord(message: Buffer, keys: readonly string[]): UserRecord {
  const fields = readFields(message);
  const partitionKey = keys[fields.findLast(({ id }) => id === 1)?.value ?? -1];
  const data = fields.findLast(({ id }) => id === 3)?.bytes;
  if (partitionKey === undefined || data === undefined) throw new Error('a user record is not whole');
  return { partitionKey, data };
}

/** The fields of a protobuf message, in order (protobuf.dev, encoding). Throws when it is cut short. */
function readFields(message: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  while (at < message.length) {
    const tag = readVarint();
    const [id, type] = [Math.floor(tag / 8), tag % 8];
    if (type === VARINT) fields.push({ id, value: readVarint(), bytes: Buffer.alloc(0) });
    else if (type === LENGTH) fields.push({ id, value: 0, bytes: take(readVarint()) });
    else if (type === FIXED_64) take(8);
    else if (type === FIXED_32) take(4);
    else throw new Error(`wire type ${type}`);
  }
  return fields;

  function readVarint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 63; scale *= 128) {
      const byte = take(1)[0] ?? 0;
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
    throw new Error('a number has too many bytes');
  }

  function take(count: number): Buffer {
    if (at + count > message.length) throw new Error('cut short');
    at += count;
    return message.subarray(at - count, at);
  }
}
