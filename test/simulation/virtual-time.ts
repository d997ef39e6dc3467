/**
 * Time as a list of what is due. Between two steps everything that was set off runs until only the future is
 * left; nothing here waits for the machine. What is due at the same time runs in the order it was asked for.
 */
export class VirtualTime {
  #nowMs = 0;
  #order = 0;
  readonly #due: Due[] = [];

  /** Since the beginning of the history. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs something in `ms` from now. */
  after(ms: number, run: () => void): void {
    push(this.#due, { atMs: this.#nowMs + Math.max(0, ms), order: this.#order += 1, run });
  }

  /** Steps on until `untilMs`, or until `isDone` says so after a step; returns the number of steps. */
  async run(untilMs: number, isDone: () => boolean): Promise<number> {
    await Promise.resolve();
    for (let steps = 0; ; steps++) {
      const next = this.#due[0];
      if (next === undefined || next.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return steps;
      }
      pop(this.#due);
      this.#nowMs = next.atMs;
      next.run();
      await quiescence();
      if (isDone()) return steps;
    }
  }
}

interface Due {
  atMs: number;
  order: number;
  run(): void;
}

/**
 * Resolves when all promises that can settle without time passing have done so: a tick that is asked for from
 * a microtask comes after the last of them. An eighth of the time that a turn of the event loop takes.
 */
function quiescence(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}

function isBefore(a: Due | undefined, b: Due | undefined): boolean {
  if (a === undefined || b === undefined) return b === undefined;
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function push(heap: Due[], due: Due): void {
  let at = heap.length;
  heap.push(due);
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (!isBefore(due, heap[above])) return;
    swap(heap, at, above);
    at = above;
  }
}

function pop(heap: Due[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  heap[0] = last;
  for (let at = 0; ;) {
    const left = 2 * at + 1;
    const least = isBefore(heap[left + 1], heap[left]) && left + 1 < heap.length ? left + 1 : left;
    if (least >= heap.length || !isBefore(heap[least], last)) return;
    swap(heap, at, least);
    at = least;
  }
}

function swap(heap: Due[], a: number, b: number): void {
  const [x, y] = [heap[a], heap[b]];
  if (x === undefined || y === undefined) return;
  heap[a] = y;
  heap[b] = x;
}
