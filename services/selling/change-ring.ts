/**
 * The last changes of a sale as bytes, for all who watch it. A position is a number that only grows: whoever
 * has read up to it gets what follows in one piece. A *fresh start* is bytes that need nothing before them
 * (reset and snapshot); it ends the life of everything older.
 */
export const CHANGES_MAX = 256;
export const RING_BYTES_MAX = 4 * 1024 * 1024;

interface Entry {
  /** id of what it changes; undefined for a fresh start */
  from: string | undefined;
  bytes: Buffer;
}

export class ChangeRing {
  #entries: Entry[] = [];
  #first = 0;
  #bytes = 0;
  /** What was put together last: nearly all watchers stand at the same position. */
  #joined: { first: number; next: number; bytes: Buffer } | undefined;

  /** Position after the newest change. */
  get next(): number {
    return this.#first + this.#entries.length;
  }

  add(from: string, bytes: Buffer): void {
    this.#push({ from, bytes });
  }

  /** Forgets everything. */
  clear(): void {
    this.#first = this.next;
    this.#entries = [];
    this.#bytes = 0;
  }

  /** Everything before is void. */
  startFresh(bytes: Buffer): void {
    this.clear();
    this.#push({ from: undefined, bytes });
  }

  /** Where a client stands that knows the state `id`; undefined if that is too long ago. */
  positionOf(id: string): number | undefined {
    const index = this.#entries.findIndex(({ from }) => from === id);
    return index < 0 ? undefined : this.#first + index;
  }

  /** What follows a position; undefined if that is not known any more. */
  bytesFrom(position: number): Buffer | undefined {
    const isFresh = this.#entries[0] !== undefined && this.#entries[0].from === undefined;
    if (position < this.#first && !isFresh) return undefined;
    const first = Math.max(position, this.#first);
    if (this.#joined?.first !== first || this.#joined.next !== this.next) {
      const entries = this.#entries.slice(first - this.#first).map(({ bytes }) => bytes);
      const bytes = entries.length === 1 && entries[0] !== undefined ? entries[0] : Buffer.concat(entries);
      this.#joined = { first, next: this.next, bytes };
    }
    return this.#joined.bytes;
  }

  #push(entry: Entry): void {
    this.#entries.push(entry);
    this.#bytes += entry.bytes.length;
    while (this.#entries.length > 1
      && (this.#entries.length > CHANGES_MAX || this.#bytes > RING_BYTES_MAX)) {
      this.#bytes -= this.#entries.shift()?.bytes.length ?? 0;
      this.#first += 1;
    }
  }
}
