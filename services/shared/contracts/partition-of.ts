/** A fixed number of slots spreads the sales; all keys of a partition carry its hash tag. */
export const PARTITIONS_DEFAULT = 64;

/**
 * The partition of a sale: FNV-1a (32 bit) of its id, modulo the number of partitions.
 * Every process must be given the same number; it is never changed on a live system.
 */
export function partitionOf(saleId: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < saleId.length; i++) {
    hash ^= saleId.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0) % partitions;
}

/** The name of a partition, `p07`: hash tag in Redis, partition key on the bus, part of `source`. */
export function partitionName(partition: number): string {
  return `p${String(partition).padStart(2, '0')}`;
}

/** The partition of such a name, or undefined when it is none. */
export function partitionNamed(name: string): number | undefined {
  const match = /^p(\d{2,5})$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}
